import { describe, expect, it } from 'vitest';
import type { ArmedTimer } from '#engine';
import { type EpochMs, slotOf, slotOfTimerId, type TimerId, type TimerState } from '#timer';
import { emissions, givesUpAtOnce, giveUp } from './emissions.js';
import { freshName, type OpenSubject, Stage } from './subject.js';
import { acknowledge, apply, closing, createTimer, fire, present } from './writing.js';

/** What every DueIndex keeps, whatever lies under it. */
export function dueIndexContract(name: string, open: OpenSubject): void {
  describe(`DueIndex: ${name}`, () => {
    const stage = new Stage(open);
    armed(stage);
    overdue(stage);
    emissions(stage);
  });
}

const far = 10 * 365 * 24 * 3_600_000;

const armed = (stage: Stage) =>
  describe('what is armed', () => {
    it('gives a timer’s id, slot, version and time', async () => {
      const created = await createTimer(stage.log);
      const found = await armedOf(stage, created, far);
      expect(found).toEqual({
        timerId: created.id,
        slot: slotOfTimerId(created.id),
        version: 1,
        dueAt: created.nextFireAt,
      });
    });

    it('gives what is due up to that moment, itself included, and nothing after it', async () => {
      const at = await stage.inMs(3_600_000);
      const created = await createTimer(stage.log, onceAt(at));
      const slots = [slotOfTimerId(created.id)];
      const upTo = await stage.due.armedUntil(slots, at, 1_000);
      expect(upTo.timers.map(({ timerId }) => timerId)).toContain(created.id);
      const before = await stage.due.armedUntil(slots, (at - 1) as EpochMs, 1_000);
      expect(before.timers.map(({ timerId }) => timerId)).not.toContain(created.id);
    });

    it('gives only the slots that were asked for', async () => {
      const created = await createTimer(stage.log);
      const slot = slotOfTimerId(created.id);
      const others = Array.from({ length: 256 }, (_, index) => index).filter((index) => index !== slot);
      const { timers } = await stage.due.armedUntil(others, await stage.inMs(far), 1_000);
      expect(timers.filter((timer) => timer.slot === slot)).toEqual([]);
      expect(await stage.due.armedUntil([], await stage.inMs(far), 10)).toMatchObject({ timers: [] });
    });

    it('gives the nearest of a slot first, and says up to when its answer is complete', async () => {
      const namespace = freshName();
      const [slot, start] = [17, await stage.inMs(100_000)];
      const moments = [5, 3, 4, 1, 2].map((n) => (start + n * 1_000) as EpochMs);
      for (const [index, moment] of moments.entries())
        await createTimer(stage.log, onceAt(moment), keyInSlot(namespace, slot, index));
      const until = (start + 60_000) as EpochMs;

      const all = await stage.due.armedUntil([slot], until, 1_000);
      expect(all.completeUntil).toBe(until);
      const known = all.timers.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b);
      const cut = await stage.due.armedUntil([slot], until, known.length - 2);
      expect(cut.timers.map(({ dueAt }) => dueAt)).toEqual(known.slice(0, -2));
      expect(cut.completeUntil).toBeLessThan(present(known.at(-2)));
      expect(cut.completeUntil).toBeGreaterThanOrEqual(present(known.at(-3)) - 1);
    });

    it('leaves out nothing up to the moment that it calls complete', async () => {
      const namespace = freshName();
      const moment = await stage.inMs(500_000);
      for (let index = 0; index < 4; index += 1)
        await createTimer(stage.log, onceAt(moment), keyInSlot(namespace, 99, index));
      const until = (moment + 1_000) as EpochMs;
      const all = (await stage.due.armedUntil([99], until, 1_000)).timers;
      for (let max = 1; max <= all.length; max += 1) {
        const { timers, completeUntil } = await stage.due.armedUntil([99], until, max);
        expect(timers.length).toBeLessThanOrEqual(max);
        const given = idsOf(timers);
        const missing = all.filter(({ timerId, dueAt }) => !given.has(timerId) && dueAt <= completeUntil);
        expect(missing).toEqual([]);
      }
    });

    it('reads on where an answer was cut, and gives nothing twice nor leaves anything out', async () => {
      const namespace = freshName();
      const [slot, start] = [31, await stage.inMs(900_000)];
      for (const [index, seconds] of [4, 1, 3, 2, 5].entries())
        await createTimer(
          stage.log,
          onceAt((start + seconds * 1_000) as EpochMs),
          keyInSlot(namespace, slot, index),
        );
      const until = (start + 60_000) as EpochMs;
      const all = (await stage.due.armedUntil([slot], until, 1_000, start)).timers;
      expect(all.map(({ dueAt }) => dueAt - start)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);

      const first = await stage.due.armedUntil([slot], until, 2, start);
      const rest = await stage.due.armedUntil([slot], until, 1_000, first.completeUntil);
      const complete = first.timers.filter(({ dueAt }) => dueAt <= first.completeUntil);
      expect([...complete, ...rest.timers]).toEqual(all);
      expect((await stage.due.armedUntil([slot], until, 1_000, until)).timers).toEqual([]);
    });

    it('gives the ack deadline of an open event once it was emitted, not before', async () => {
      const { id } = await createTimer(stage.log);
      const { emissionId, state } = await fire(stage.log, id);
      expect(await armedOf(stage, state, far)).toBeUndefined();
      await acknowledge(stage.log, emissionId);
      expect(await armedOf(stage, state, far)).toMatchObject({ version: 2, dueAt: state.nextFireAt });
    });

    it('gives the next time after a close, though the closed event was never acknowledged', async () => {
      const { id } = await createTimer(stage.log);
      await fire(stage.log, id);
      const closed = present(await apply(stage.log, id, closing));
      expect(await armedOf(stage, closed, far)).toMatchObject({ version: 3, dueAt: closed.nextFireAt });
    });

    it('gives the next time of a timer whose event was given up: a dead letter holds nothing up', async () => {
      const { id } = await createTimer(stage.log, givesUpAtOnce);
      const { emissionId } = await fire(stage.log, id);
      await acknowledge(stage.log, emissionId);
      await stage.subject.pass(2);
      const { after } = await giveUp(stage, id);
      expect(after.nextFireAt).not.toBeNull();
      expect(await armedOf(stage, after, far)).toMatchObject({ dueAt: after.nextFireAt });
    });
  });

const overdue = (stage: Stage) =>
  describe('what is overdue', () => {
    it('gives what was due longer ago than that, most overdue first', async () => {
      const [first, second] = [await createTimer(stage.log), await createTimer(stage.log)];
      await stage.subject.pass(20);
      const found = await stage.due.overdue(10, 1_000);
      expect(idsOf(found)).toEqual(new Set([...idsOf(found), first.id, second.id]));
      expect(found.map(({ dueAt }) => dueAt)).toEqual(
        found.map(({ dueAt }) => dueAt).toSorted((a, b) => a - b),
      );
      expect(await stage.due.overdue(10, 1)).toEqual(found.slice(0, 1));
    });

    it('gives of each slot twice its share at most, however much is overdue in one', async () => {
      const [namespace, longAgo] = [freshName(), await stage.inMs(-3_600_000)];
      const crowd = Array.from({ length: 6 }, () => 41);
      for (const [index, slot] of [...crowd, 43, 47, 53].entries())
        await createTimer(stage.log, onceAt((longAgo + index) as EpochMs), keyInSlot(namespace, slot, index));
      const slotsOf = (found: readonly ArmedTimer[]) => Map.groupBy(found, ({ slot }) => slot);
      const all = await stage.due.overdue(10, 10_000);
      const share = Math.ceil((2 * 4) / slotsOf(all).size);
      const found = await stage.due.overdue(10, 4);
      expect(found).toHaveLength(4);
      const given = slotsOf(found).get(41) ?? [];
      expect(given.length).toBeGreaterThanOrEqual(1);
      expect(given.length).toBeLessThanOrEqual(share);
      expect(found.slice(0, given.length)).toEqual(all.slice(0, given.length));
    });

    it('gives nothing that is due but not overdue by so much', async () => {
      const { id } = await createTimer(stage.log);
      await stage.subject.pass(5);
      expect(idsOf(await stage.due.overdue(60_000, 1_000)).has(id)).toBe(false);
    });

    it('passes over timers that wait for an emission to be acknowledged', async () => {
      const { id } = await createTimer(stage.log, { ackTimeout: '1ms' });
      const { emissionId } = await fire(stage.log, id);
      await stage.subject.pass(20);
      expect(idsOf(await stage.due.overdue(10, 1_000)).has(id)).toBe(false);
      await acknowledge(stage.log, emissionId);
      expect(idsOf(await stage.due.overdue(10, 1_000)).has(id)).toBe(true);
    });

    it('tells the time that the log goes by', async () => {
      const earlier = await stage.due.now();
      await stage.subject.pass(5);
      expect((await stage.due.now()) - earlier).toBeGreaterThanOrEqual(5);
    });
  });

const onceAt = (moment: EpochMs) => ({
  schedPolicyType: 'ONCE',
  schedPolicyExpr: new Date(moment).toISOString(),
});

const idsOf = (timers: readonly ArmedTimer[]): Set<TimerId> => new Set(timers.map(({ timerId }) => timerId));

async function armedOf(stage: Stage, { id }: TimerState, inMs: number): Promise<ArmedTimer | undefined> {
  const { timers } = await stage.due.armedUntil([slotOfTimerId(id)], await stage.inMs(inMs), 100_000);
  return timers.find(({ timerId }) => timerId === id);
}

/** The `index`th key of a namespace that falls into a slot: one in 256 does. */
function keyInSlot(namespace: string, slot: number, index: number): { namespace: string; key: string } {
  let found = -1;
  for (let n = 0; n < 100_000; n += 1) {
    if (slotOf(namespace, String(n)) === slot) found += 1;
    if (found === index) return { namespace, key: String(n) };
  }
  throw new Error(`no ${index + 1} keys of slot ${slot} among a hundred thousand`);
}
