import { describe, expect, it } from 'vitest';
import { TransientLogError } from '#engine';
import type { Stage } from './subject.js';
import {
  acknowledge,
  apply,
  closing,
  createTimer,
  deletion,
  fire,
  loadWith,
  newEventId,
  present,
  request,
  stateOf,
  streamOf,
  transact,
  update,
  writing,
} from './writing.js';

/** Which timers a transaction gets to see as due: the log's own clock decides. */
export const clockStruck = (stage: Stage) =>
  describe('what is due', () => {
    it('loads a timer whose time has come, whole', async () => {
      const created = await createTimer(stage.log);
      const { due, now } = await loadWith(stage.log, { due: [created.id] });
      expect(due).toEqual([{ state: created, emissionPending: false }]);
      expect(present(created.nextFireAt)).toBeLessThanOrEqual(now);
    });

    it('loads no timer before its time by the log’s clock, whoever asks', async () => {
      const at = await stage.inMs(3_600_000);
      const once = { schedPolicyType: 'ONCE', schedPolicyExpr: new Date(at).toISOString() };
      const { id } = await createTimer(stage.log, once);
      const { due } = await loadWith(stage.log, { due: [id], dueElsewhere: [id] });
      expect(due).toEqual([]);
    });

    it('loads it once that clock has reached its time', async () => {
      // it is made and looked for before that, on a busy machine too
      const untilMs = 1_500;
      const at = await stage.inMs(untilMs);
      const once = { schedPolicyType: 'ONCE', schedPolicyExpr: new Date(at).toISOString() };
      const { id } = await createTimer(stage.log, once);
      expect((await loadWith(stage.log, { due: [id] })).due).toEqual([]);
      await stage.subject.pass(untilMs);
      const { due, now } = await loadWith(stage.log, { due: [id] });
      expect(due.map(({ state }) => state.id)).toEqual([id]);
      expect(now).toBeGreaterThanOrEqual(at);
    });

    it('passes over timers that are gone or have no time', async () => {
      const [gone, disabled] = [
        await createTimer(stage.log),
        await createTimer(stage.log, { enable: false }),
      ];
      await apply(stage.log, gone.id, deletion);
      expect((await loadWith(stage.log, { due: [gone.id, disabled.id] })).due).toEqual([]);
    });

    it('says that an emission is pending until it is acknowledged', async () => {
      const { id } = await createTimer(stage.log, { ackTimeout: '1ms' });
      const { emissionId } = await fire(stage.log, id);
      await stage.subject.pass(2);
      const waiting = await loadWith(stage.log, { due: [id] });
      expect(waiting.due.map(({ emissionPending }) => emissionPending)).toEqual([true]);
      await acknowledge(stage.log, emissionId);
      const arrived = await loadWith(stage.log, { due: [id] });
      expect(arrived.due.map(({ emissionPending }) => emissionPending)).toEqual([false]);
    });

    it('keeps the emission pending through events that emit nothing', async () => {
      const { id } = await createTimer(stage.log, { ackTimeout: '1ms' });
      const { state } = await fire(stage.log, id);
      await apply(stage.log, id, update('while open'));
      await stage.subject.pass(2);
      const { due } = await loadWith(stage.log, { dueElsewhere: [id] });
      expect(due.map(({ emissionPending }) => emissionPending)).toEqual([true]);
      expect(due[0]?.state.open?.eventId).toBe(present(state.open).eventId);
    });

    it('forgets the emission of an event that was closed', async () => {
      const { id } = await createTimer(stage.log, { schedPolicyExpr: '1ms' });
      await fire(stage.log, id);
      await apply(stage.log, id, closing);
      await stage.subject.pass(2);
      const { due } = await loadWith(stage.log, { due: [id] });
      expect(due.map(({ emissionPending }) => emissionPending)).toEqual([false]);
    });

    it('gives a due timer to one of two that fire it, and the next moment to nobody', async () => {
      const { id } = await createTimer(stage.log);
      const handles = await stage.others(2);
      const fired = await Promise.all(handles.map(({ log }) => fireIfDue(log, id)));
      expect(fired.toSorted()).toEqual([false, true]);
      expect((await stateOf(stage.log, id))?.fires).toBe(1);
    });

    it('passes over another owner’s timer that is locked, and waits for nobody', async () => {
      const [locked, free] = [await createTimer(stage.log), await createTimer(stage.log)];
      const release = await stage.subject.lockElsewhere(locked.id);
      try {
        const { due } = await loadWith(stage.log, { dueElsewhere: [locked.id, free.id] });
        expect(due.map(({ state }) => state.id)).toEqual([free.id]);
      } finally {
        await release();
      }
      const { due } = await loadWith(stage.log, { dueElsewhere: [locked.id] });
      expect(due.map(({ state }) => state.id)).toEqual([locked.id]);
    });

    it('gives up on a lock after a while, with nothing written', async () => {
      const state = await createTimer(stage.log);
      const release = await stage.subject.lockElsewhere(state.id);
      try {
        const blocked = stage.log.transact(request({ targets: [{ timerId: state.id }] }), ({ now }) =>
          writing(streamOf(state, update('blocked')(), now)),
        );
        await expect(blocked).rejects.toBeInstanceOf(TransientLogError);
      } finally {
        await release();
      }
      expect(await stateOf(stage.log, state.id)).toEqual(state);
    });
  });

async function fireIfDue(log: Stage['log'], timerId: Parameters<typeof fire>[1]): Promise<boolean> {
  let hasFired = false;
  await transact(log, request({ due: [timerId] }), ({ due, now }) => {
    const state = due[0]?.state;
    hasFired = state !== undefined;
    if (state === undefined) return writing();
    return writing(streamOf(state, { type: 'FireDue', commandId: null, eventId: newEventId(now) }, now));
  });
  return hasFired;
}
