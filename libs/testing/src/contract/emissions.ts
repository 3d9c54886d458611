import { describe, expect, it } from 'vitest';
import type { EmissionId, PendingEmission } from '#engine';
import { evolve, type TimerId, type TimerState } from '#timer';
import type { Stage } from './subject.js';
import {
  acknowledge,
  apply,
  closing,
  createTimer,
  deletion,
  fire,
  loadWith,
  newCommandId,
  newEmissionId,
  newEventId,
  nothing,
  present,
  request,
  streamOf,
  transact,
  update,
  writing,
} from './writing.js';

/** The outbox: what the fire service owes to Kafka. */
export const emissions = (stage: Stage) =>
  describe('pending emissions', () => {
    it('are those that were written and not acknowledged', async () => {
      const { id } = await createTimer(stage.log);
      const { emissionId, state } = await fire(stage.log, id);
      const pending = present(await claim(stage, emissionId, 0));
      expect(pending.entries).toMatchObject([{ timerId: id, version: state.version, before: null }]);
      expect(pending.entries[0]?.state?.open).toEqual(state.open);
      expect(pending.ageMs).toBeGreaterThanOrEqual(0);
      await acknowledge(stage.log, emissionId);
      expect(await claim(stage, emissionId, 0)).toBeUndefined();
    });

    it('are left alone until they are old enough', async () => {
      const { id } = await createTimer(stage.log);
      const { emissionId } = await fire(stage.log, id);
      expect(await claim(stage, emissionId, 0, 60_000)).toBeUndefined();
      await stage.subject.pass(30);
      const pending = present(await claim(stage, emissionId, 0, 30));
      expect(pending.ageMs).toBeGreaterThanOrEqual(30);
    });

    // long enough for a busy machine to ask once more meanwhile
    const lentMs = 1_500;
    it('are lent to one at a time, until the lease ends', async () => {
      const { id } = await createTimer(stage.log);
      const { emissionId } = await fire(stage.log, id);
      const handles = await stage.others(2);
      const claims = await Promise.all(
        handles.map(async ({ due }) => {
          const pending = await due.claimPendingEmissions(0, lentMs, 10_000);
          return pending.some((emission) => emission.id === emissionId);
        }),
      );
      expect(claims.toSorted()).toEqual([false, true]);
      expect(await claim(stage, emissionId, 0)).toBeUndefined();
      await stage.subject.pass(lentMs + 10);
      expect(await claim(stage, emissionId, 0)).toBeDefined();
    });

    it('are given out in bounded number, the oldest first', async () => {
      await acknowledgeAll(stage);
      const written: EmissionId[] = [];
      for (let n = 0; n < 3; n += 1) {
        written.push((await fire(stage.log, (await createTimer(stage.log)).id)).emissionId);
        await stage.subject.pass(2);
      }
      const claimed = await stage.due.claimPendingEmissions(0, 60_000, 2);
      expect(claimed.map(({ id }) => id)).toEqual(written.slice(0, 2));
      await acknowledge(stage.log, ...written);
    });

    it('that nobody has taken yet come before those that somebody has', async () => {
      await acknowledgeAll(stage);
      const first = await fire(stage.log, (await createTimer(stage.log)).id);
      expect(await claim(stage, first.emissionId, 0)).toBeDefined();
      await stage.subject.pass(2);
      const second = await fire(stage.log, (await createTimer(stage.log)).id);
      const claimed = await stage.due.claimPendingEmissions(0, 0, 1);
      expect(claimed.map(({ id }) => id)).toEqual([second.emissionId]);
      await acknowledge(stage.log, first.emissionId, second.emissionId);
    });

    it('are given to nobody for as long as they are put off', async () => {
      const { emissionId } = await fire(stage.log, (await createTimer(stage.log)).id);
      await stage.due.postponeEmission(emissionId, lentMs);
      expect(await claim(stage, emissionId, 0)).toBeUndefined();
      await stage.subject.pass(lentMs + 10);
      expect(await claim(stage, emissionId, 0)).toBeDefined();
      await acknowledge(stage.log, emissionId);
      await stage.due.postponeEmission(emissionId, 1);
      expect(await claim(stage, emissionId, 0)).toBeUndefined();
    });

    it('that were refused in part stay owed by that part alone, once', async () => {
      const [taken, refused] = [
        await createTimer(stage.log, soonLate),
        await createTimer(stage.log, soonLate),
      ];
      const emissionId = await fireTogether(stage, [taken.id, refused.id]);
      const entries = [{ timerId: refused.id, version: refused.version + 1 }];
      const rest = { entries, present: [refused.id], restMs: 0 };
      const settle = () =>
        transact(stage.log, request(), () => ({ ...nothing, emitted: [{ id: emissionId, refused: rest }] }));
      await settle();
      await settle();
      expect(await claim(stage, emissionId, 0)).toMatchObject({
        entries: [{ ...entries[0], state: { id: refused.id } }],
      });
      await stage.subject.pass(5);
      const { due } = await loadWith(stage.log, { due: [taken.id, refused.id] });
      const isPending = new Map(due.map(({ state, emissionPending }) => [state.id, emissionPending]));
      expect([isPending.get(taken.id), isPending.get(refused.id)]).toEqual([false, true]);
      await acknowledge(stage.log, emissionId);
      await settle();
      expect(await claim(stage, emissionId, 0)).toBeUndefined();
    });

    it('that were refused rest, and hold back nothing that they do not carry', async () => {
      const { id } = await createTimer(stage.log, soonLate);
      const { emissionId, state } = await fire(stage.log, id);
      const entries = [{ timerId: id, version: state.version }];
      const rest = { entries, present: [], restMs: 60_000 };
      const emitted = [{ id: emissionId, refused: rest }];
      await transact(stage.log, request(), () => ({ ...nothing, emitted }));
      expect(await claim(stage, emissionId, 0)).toBeUndefined();
      await stage.subject.pass(5);
      const { due } = await loadWith(stage.log, { due: [id] });
      expect(due).toMatchObject([{ emissionPending: false }]);
    });

    it('hold many timers in one row', async () => {
      const ids = [];
      for (let n = 0; n < 5; n += 1) ids.push((await createTimer(stage.log)).id);
      const emissionId = await fireTogether(stage, ids);
      const { entries } = present(await claim(stage, emissionId, 0));
      expect(entries.map(({ timerId }) => timerId).toSorted()).toEqual(ids.toSorted());
      expect(entries.every(({ state }) => state !== null)).toBe(true);
    });

    it('are told with the timer as it is by now, while the attempt is the same', async () => {
      const { id } = await createTimer(stage.log);
      const { emissionId, state } = await fire(stage.log, id);
      const changed = present(await apply(stage.log, id, update('meanwhile')));
      const [entry] = present(await claim(stage, emissionId, 0)).entries;
      expect(entry).toEqual({ timerId: id, version: state.version, state: changed, before: null });
    });

    it('are void once the event was closed, or its timer deleted', async () => {
      const [closed, deleted] = [await createTimer(stage.log), await createTimer(stage.log)];
      const emissionId = await fireTogether(stage, [closed.id, deleted.id]);
      await apply(stage.log, closed.id, closing);
      await apply(stage.log, deleted.id, deletion);
      const { entries } = present(await claim(stage, emissionId, 0));
      expect(entries.map(({ state }) => state)).toEqual([null, null]);
    });

    it('are void once the event went on to another attempt', async () => {
      const { id } = await createTimer(stage.log);
      const first = await fire(stage.log, id);
      await apply(stage.log, id, retrySoon);
      expect(present(await claim(stage, first.emissionId, 0)).entries[0]?.state).toBeNull();
      await stage.subject.pass(2);
      const second = await fire(stage.log, id);
      expect(second.state.open?.attempt).toBe(2);
      expect(present(await claim(stage, first.emissionId, 0)).entries[0]?.state).toBeNull();
      const owed = present(await claim(stage, second.emissionId, 0)).entries[0]?.state;
      expect(owed?.open).toMatchObject({ eventId: first.state.open?.eventId, attempt: 2 });
    });

    it('stay owed for a dead letter, with what was given up, whatever became of the timer', async () => {
      const { id } = await createTimer(stage.log, givesUpAtOnce);
      const { emissionId: first, state: opened } = await fire(stage.log, id);
      await acknowledge(stage.log, first);
      await stage.subject.pass(2);
      const { emissionId, before, after } = await giveUp(stage, id);
      await apply(stage.log, id, deletion);
      const [entry] = present(await claim(stage, emissionId, 0)).entries;
      expect(entry).toEqual({ timerId: id, version: after.version, state: after, before });
      expect(entry?.before?.open?.eventId).toBe(opened.open?.eventId);
      expect(entry?.state?.open).toBeNull();
    });
  });

const soonLate = { ackTimeout: '1ms' } as const;

/** The lease ends as it begins, so that the next test may look again. */
async function claim(
  stage: Stage,
  emissionId: EmissionId,
  leaseMs: number,
  olderThanMs = 0,
): Promise<PendingEmission | undefined> {
  const claimed = await stage.due.claimPendingEmissions(olderThanMs, leaseMs, 10_000);
  return claimed.find(({ id }) => id === emissionId);
}

async function acknowledgeAll(stage: Stage): Promise<void> {
  await stage.subject.pass(500);
  const pending = await stage.due.claimPendingEmissions(0, 0, 10_000);
  await acknowledge(stage.log, ...pending.map(({ id }) => id));
}

async function fireTogether(stage: Stage, ids: readonly TimerId[]): Promise<EmissionId> {
  const id = newEmissionId();
  await transact(stage.log, request({ due: ids }), ({ due, now }) => {
    const streams = due.map(({ state }) => ({
      ...streamOf(state, { type: 'FireDue', commandId: null, eventId: newEventId(now) }, now),
      emission: id,
    }));
    const entries = streams.map(({ before, events }) => ({
      timerId: present(before).id,
      version: present(events.at(-1)).version,
    }));
    return { ...writing(...streams), emission: { id, entries } };
  });
  return id;
}

const retrySoon = (state: TimerState) =>
  ({
    type: 'RetryEvent',
    commandId: newCommandId(),
    eventId: present(state.open).eventId,
    attempt: present(state.open).attempt,
    after: '1ms',
  }) as const;

export const givesUpAtOnce = Object.freeze({
  ackTimeout: '1ms',
  retry: { maxAttempts: 1, backoff: 'fixed', min: '1ms', max: '1ms', jitter: false },
} as const);

/** Fires a timer whose only attempt has run out of time. */
export async function giveUp(stage: Stage, timerId: TimerId) {
  const emissionId = newEmissionId();
  let dead: { before: TimerState; after: TimerState } | null = null;
  await transact(stage.log, request({ due: [timerId] }), ({ due, now }) => {
    const before = present(due[0]).state;
    const command = { type: 'FireDue', commandId: null, eventId: newEventId(now) } as const;
    const stream = { ...streamOf(before, command, now), emission: emissionId };
    const index = stream.events.findIndex(({ event }) => event.type === 'EventGivenUp');
    const upTo = stream.events.slice(0, index).reduce<TimerState | null>(evolve, before);
    const write = present(stream.events[index]);
    dead = { before: present(upTo), after: present(evolve(upTo, write)) };
    const entries = [{ timerId, version: write.version }];
    return { ...writing(stream), emission: { id: emissionId, entries } };
  });
  return { emissionId, ...present<{ before: TimerState; after: TimerState }>(dead) };
}
