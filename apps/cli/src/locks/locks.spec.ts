import { expect, it } from 'vitest';
import type { TimerRecord } from '#contract';
import { locksOf } from './locks.js';

const until = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const timer = (key: string, second?: number) =>
  ({
    namespace: 'default',
    key,
    ...(second !== undefined && { lease: { holder: 'a', token: 7, until: until(second), since: until(0) } }),
  }) as TimerRecord;

it('shows what is held now, and ended leases where they are asked for', () => {
  const now = Date.parse(until(30));
  const timers = [timer('none'), timer('held', 31), timer('over', 29)];
  expect(locksOf(timers, now, false).map(({ key }) => key)).toEqual(['held']);
  expect(locksOf(timers, now, true).map(({ key, isHeld }) => [key, isHeld])).toEqual([
    ['held', true],
    ['over', false],
  ]);
});
