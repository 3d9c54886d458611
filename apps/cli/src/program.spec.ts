import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { carillon } from './program.js';

const withAll = (command: Command): Command[] => [command, ...command.commands.flatMap(withAll)];

it('every option that takes a number refuses what is none', () => {
  const numbers = withAll(carillon()).flatMap(({ options }) =>
    options.filter(({ flags }) => /<(n|version|seconds)>/.test(flags)),
  );
  expect(numbers.length).toBeGreaterThan(10);
  for (const { flags, parseArg } of numbers)
    expect(() => parseArg?.('1O', undefined), flags).toThrow('number above 0');
});
