import { expect, it } from 'vitest';
import type { EpochMs, TimerId } from '#timer';
import type { EmissionId } from '../log/timer-log.js';
import type { Acknowledged } from './decide-due.js';
import { HeldBack } from './held-back.js';

const timer = (id: string, slot = 0) => ({
  timerId: id as TimerId,
  slot,
  version: 2,
  dueAt: 1_000 as EpochMs,
});
const acknowledged = (...ids: string[]): Acknowledged => ({
  id: 'batch' as EmissionId,
  late: [],
  emissions: ids.map((id) => ({ state: { id } })) as unknown as Acknowledged['emissions'],
  refused: null,
});
const all = acknowledged('a', 'b', 'c');

it('releases those whose emission was acknowledged, once, and no others', () => {
  const held = new HeldBack(10);
  held.hold(timer('a'));
  held.hold(timer('b'));
  expect(held.release([acknowledged('b', 'c')])).toEqual([timer('b')]);
  expect(held.release([all])).toEqual([timer('a')]);
  expect(held.release([all])).toEqual([]);
});

it('holds no more than its bound', () => {
  const held = new HeldBack(2);
  for (const id of ['a', 'b', 'c']) held.hold(timer(id));
  expect(held.release([all])).toEqual([timer('a'), timer('b')]);
});

it('lets go what the feed tells of, and what lies in slots of others', () => {
  const held = new HeldBack(10);
  for (const [slot, id] of ['a', 'b', 'c'].entries()) held.hold(timer(id, slot));
  held.drop('a' as TimerId);
  held.keepSlots(new Set([0, 2]));
  expect(held.release([all])).toEqual([timer('c', 2)]);
});
