import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochMs, TimerId } from '#timer';
import { DueHeap } from './due-heap.js';

const id = (n: number): TimerId => `timer-${n}` as TimerId;
const at = (ms: number): EpochMs => ms as EpochMs;
const step = fc.oneof(
  fc.record({
    kind: fc.constant('arm' as const),
    timer: fc.nat(20),
    version: fc.nat(30),
    dueAt: fc.nat(1_000),
  }),
  fc.record({
    kind: fc.constant('disarm' as const),
    timer: fc.nat(20),
    version: fc.nat(30),
    dueAt: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('take' as const),
    timer: fc.constant(0),
    version: fc.nat(5),
    dueAt: fc.nat(1_000),
  }),
);

describe('the heap of due timers', () => {
  it('gives what a plain list of the latest versions would give, earliest first', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new DueHeap(1_000);
        heap.horizon = at(1_000);
        const model = new Map<number, { version: number; dueAt: number }>();
        for (const { kind, timer, version, dueAt } of steps) {
          const known = model.get(timer);
          if (kind === 'arm') {
            heap.arm({ timerId: id(timer), slot: 0, version, dueAt: at(dueAt) });
            if (known === undefined || version >= known.version) model.set(timer, { version, dueAt });
          } else if (kind === 'disarm') {
            heap.disarm(id(timer), version);
            if (known !== undefined && version >= known.version) model.delete(timer);
          } else {
            const taken = heap.takeDue(at(dueAt), version);
            const expected = [...model]
              .filter(([, entry]) => entry.dueAt <= dueAt)
              .sort(([, a], [, b]) => a.dueAt - b.dueAt);
            expect(taken.map((entry) => entry.dueAt)).toEqual(
              expected.slice(0, version).map(([, entry]) => entry.dueAt),
            );
            for (const { timerId } of taken) model.delete(Number(timerId.slice(6)));
          }
          expect(heap.size).toBe(model.size);
          expect(heap.nextDueAt()).toBe(
            model.size === 0 ? null : Math.min(...[...model.values()].map((entry) => entry.dueAt)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never holds more than its bound, and its horizon says up to when it is complete', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 50, maxLength: 300 }), (moments) => {
        const heap = new DueHeap(40);
        heap.horizon = at(1_000);
        moments.forEach((dueAt, n) => {
          heap.arm({ timerId: id(n), slot: 0, version: 1, dueAt: at(dueAt) });
        });
        expect(heap.size).toBeLessThanOrEqual(40);
        const complete = moments.filter((dueAt) => dueAt <= heap.horizon).sort((a, b) => a - b);
        expect(heap.takeDue(heap.horizon, 1_000).map(({ dueAt }) => dueAt)).toEqual(complete);
      }),
    );
  });

  it('lets go of slots that are not owned any more', () => {
    const heap = new DueHeap(10);
    heap.horizon = at(100);
    heap.arm({ timerId: id(1), slot: 1, version: 1, dueAt: at(1) });
    heap.arm({ timerId: id(2), slot: 2, version: 1, dueAt: at(2) });
    heap.keepSlots(new Set([2]));
    expect(heap.takeDue(at(100), 10).map(({ timerId }) => timerId)).toEqual([id(2)]);
  });
});
