import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isAgreed } from './asking.js';

const answered = (text: string, isTerminal = false): Promise<boolean> => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = isAgreed('Apply? [y/N] ', input, Object.assign(output, { isTTY: isTerminal }));
  if (isTerminal) input.write(text);
  else input.end(text);
  return asked;
};

describe('a question', () => {
  it.each(['y\n', 'Yes\n', ' y \n'])('is agreed to by %j', async (text) =>
    expect(await answered(text)).toBe(true),
  );
  it.each(['\n', 'n\n', 'yesterday\n', 'y'])('is not agreed to by %j', async (text) =>
    expect(await answered(text)).toBe(false),
  );
  it('is not agreed to by an input that ends', async () => expect(await answered('')).toBe(false));
  it.each([
    ['Ctrl-D', '\x04'],
    ['Ctrl-C', '\x03'],
  ])('is not agreed to by %s at a terminal', async (_, typed) =>
    expect(await answered(typed, true)).toBe(false),
  );
});
