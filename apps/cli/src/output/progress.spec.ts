import { describe, expect, it } from 'vitest';
import { barLine, withProgress } from './progress.js';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 80, written, write: (text: string) => written.push(text) };
}

describe('a progress bar', () => {
  it('tells how far it is and how long it will take', () => {
    expect(barLine('verify', 250, 1_000, 4_000)).toBe(
      'verify [########----------------------]  25 %  250 of 1000, 12 s left',
    );
    expect(barLine('verify', 1_000, 1_000, 4_000)).toMatch(/100 % {2}1000 of 1000$/);
    expect(barLine('verify', 17, 0, 4_000)).toBe('verify  17');
  });
  it('is drawn a few times a second, ends with the work, and leaves nothing behind', async () => {
    const shown = screen(true);
    let now = 0;
    const work = async (at: (done: number) => void) => {
      for (let done = 1; done <= 100; done += 1) {
        now += 10;
        at(done);
      }
      throw new Error('it failed at the end');
    };
    await expect(withProgress('apply', 100, work, shown, () => now)).rejects.toThrow('failed');
    expect(shown.written.length).toBeLessThan(14);
    expect(shown.written.at(-2)).toContain('100 of 100');
    expect(shown.written.at(-1)).toBe('\r\u001b[2K');
  });
  it('is nothing where nobody looks', async () => {
    const piped = screen(false);
    expect(await withProgress('apply', 2, async (at) => at(1), piped)).toBeUndefined();
    expect(piped.written).toEqual([]);
  });
});
