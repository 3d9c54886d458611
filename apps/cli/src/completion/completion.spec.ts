import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { carillon } from '../program.js';
import { completionScript } from './completion.js';

/** What bash itself would offer after these words. */
function offered(...words: string[]): string[] {
  const script = `${completionScript(carillon(), 'bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_carillon
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it('offers commands, their subcommands and their options', () => {
    expect(offered('carillon', 'tim')).toEqual(['timers']);
    expect(offered('carillon', 'timers', 'h')).toEqual(['history']);
    expect(offered('carillon', 'timers', 'list', '--key')).toEqual(['--key-prefix']);
  });
  it('is not led astray by the words of an option', () =>
    expect(offered('carillon', 'dead', 'redrive', '--actor', 'timers', '--ra')).toEqual(['--rate']));
});

it('in fish, a subcommand is offered below its own command alone', () => {
  const script = completionScript(carillon(), 'fish');
  expect(script).toMatch(
    /-n '__fish_seen_subcommand_from dead; and not __fish_seen_subcommand_from list redrive' -f -a redrive/,
  );
  expect(script).not.toMatch(/-n 'true'/);
});
