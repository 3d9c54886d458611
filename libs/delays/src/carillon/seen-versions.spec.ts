import { expect, it } from 'vitest';
import { SeenVersions } from './seen-versions.js';

it('takes each version of a timer once, in each partition it comes in', () => {
  const seen = new SeenVersions();
  const note = (partition: string, version: number) => seen.note(partition, 'timer', version);
  expect([note('t/0', 1), note('t/0', 3), note('t/0', 3), note('t/0', 2)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([note('t/8', 2), note('t/8', 2)]).toEqual([true, false]);
});

it('remembers the last 25,000 timers at least, and not all', () => {
  const seen = new SeenVersions();
  const note = (i: number): boolean => seen.note(`t/${i % 8}`, `timer-${i}`, 1);
  for (let i = 0; i < 60_000; i += 1) note(i);
  expect(note(35_000)).toBe(false);
  expect(note(0)).toBe(true);
});
