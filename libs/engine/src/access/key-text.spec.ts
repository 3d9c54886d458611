import { describe, expect, it } from 'vitest';
import { fits, mintApiKey, parseApiKey } from './key-text.js';

describe('an API key', () => {
  it('fits its own hash, and no other key does', () => {
    const [one, other] = [mintApiKey(), mintApiKey()];
    const text = parseApiKey(one.text);
    if (text === null) throw new Error('a minted key is one');
    expect(text.id).toBe(one.id);
    expect(fits(text, one.hash)).toBe(true);
    expect(fits(text, other.hash)).toBe(false);
    expect(fits(text, one.hash.subarray(1))).toBe(false);
  });
  it('is not in its hash', () => {
    const { text, hash } = mintApiKey();
    expect(Buffer.from(hash).toString('latin1')).not.toContain(text.slice(-43));
  });
  it.each(['', 'carillon_', 'carillon_0123456789abcdef_short', 'eyJhbGciOiJIUzI1NiJ9.e30.x', ' carillon_'])(
    'is not %j',
    (text) => expect(parseApiKey(text)).toBeNull(),
  );
});
