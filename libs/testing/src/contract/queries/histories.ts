import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pageBytesMax, type SourceRef } from '#engine';
import type { CommandId, EpochMs, TimerCommand, TimerId, TimerState } from '#timer';
import { freshName, type QueriesSubject, type Stage } from '../subject.js';
import {
  apply,
  closing,
  createTimer,
  deletion,
  fire,
  foldStream,
  newCommandId,
  present,
  request,
  streamOf,
  transact,
  update,
  writing,
} from '../writing.js';

export const histories = (stage: Stage<QueriesSubject>) =>
  describe('histories', () => {
    const whole = async (id: TimerId) => (await stage.subject.queries.history(id, {}, 1_000)).entries;

    it('tell each fact in order: which version, when, by which command', async () => {
      const { id, spec } = await createTimer(stage.log);
      await fire(stage.log, id);
      const closed = present(await apply(stage.log, id, closing));
      const entries = await whole(id);
      expect(entries.map(({ version, event }) => [version, event.type])).toEqual([
        [1, 'TimerCreated'],
        [2, 'EventTriggered'],
        [3, 'EventClosed'],
      ]);
      expect(entries[0]?.event).toMatchObject({ timerId: id, spec });
      expect(entries.map(({ commandId }) => commandId)).toEqual([
        expect.any(String),
        null,
        closed.recent.at(-1)?.commandId,
      ]);
      const moments = entries.map(({ recordedAt }) => recordedAt);
      expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    });

    it('say who did it, and which record of which topic', async () => {
      const { id } = await createTimer(stage.log);
      const source: SourceRef = { topic: 't', partition: 3, offset: 2n ** 60n };
      const meta = { source, actor: 'ada', traceparent: '00-1-2-01' };
      const commandId = randomUUID() as CommandId;
      await transact(stage.log, request({ targets: [{ timerId: id }] }), ({ byId, now }) => {
        const stream = streamOf(
          present(byId.get(id)),
          { type: 'UpdateTimer', commandId, set: { tags: ['x'] } },
          now,
        );
        return writing({ ...stream, events: stream.events.map((event) => ({ ...event, meta })) });
      });
      const [created, updated] = await whole(id);
      expect(created?.meta).toEqual({});
      expect(updated).toMatchObject({ commandId, meta });
    });

    it('come in parts, by version and by moment', async () => {
      const { queries } = stage.subject;
      const { id } = await createTimer(stage.log);
      for (const tag of ['a', 'b', 'c']) {
        await stage.subject.pass(3);
        await apply(stage.log, id, update(tag));
      }
      const versions = async (...args: [Parameters<typeof queries.history>[1], number]) => {
        const { entries, hasMore } = await queries.history(id, ...args);
        return [entries.map(({ version }) => version), hasMore];
      };
      const moments = (await whole(id)).map(({ recordedAt }) => recordedAt);
      const [second, third] = [present(moments[1]), present(moments[2])];
      expect(await versions({}, 2)).toEqual([[1, 2], true]);
      expect(await versions({ afterVersion: 2 }, 2)).toEqual([[3, 4], false]);
      expect(await versions({ from: second, before: third }, 9)).toEqual([[2], false]);
      expect(await versions({ from: second, afterVersion: 2 }, 9)).toEqual([[3, 4], false]);
      expect(await versions({ afterVersion: 4 }, 9)).toEqual([[], false]);
      expect(await queries.history(randomUUID() as TimerId, {}, 9)).toEqual({ entries: [], hasMore: false });
    });

    it('are bounded in bytes too', async () => {
      const { queries } = stage.subject;
      const { id } = await createTimer(stage.log);
      const summary = { text: 'x'.repeat(256 * 1024) };
      const large = (): TimerCommand => ({
        type: 'UpdateTimer',
        commandId: newCommandId(),
        set: { summary },
      });
      for (let n = 0; n < 20; n += 1) await apply(stage.log, id, large);
      const { entries, hasMore } = await queries.history(id, {}, 1_000);
      expect(hasMore).toBe(true);
      expect(entries.length).toBeLessThanOrEqual(Math.ceil(pageBytesMax / summary.text.length) + 2);
      const rest = await queries.history(id, { afterVersion: entries.length }, 1_000);
      expect([entries.length + rest.entries.length, rest.hasMore]).toEqual([21, false]);
    });

    it('give back the timer as it was at a version, also when it is gone', async () => {
      const { queries } = stage.subject;
      const states = [await createTimer(stage.log)];
      const { id } = present(states[0]);
      states.push(present(await apply(stage.log, id, update('a'))));
      await apply(stage.log, id, deletion);
      for (const state of states)
        expect(await queries.stateAtVersion(id, state.version)).toEqual({ kind: 'state', state });
      for (const version of [0, 3, 4])
        expect(await queries.stateAtVersion(id, version)).toEqual({ kind: 'absent' });
    });

    it('give back the timer as it was at a moment: before its creation and after its deletion there is none', async () => {
      const { queries } = stage.subject;
      const states: TimerState[] = [await createTimer(stage.log)];
      const { id } = present(states[0]);
      for (const tag of ['a', 'b']) {
        await stage.subject.pass(3);
        states.push(present(await apply(stage.log, id, update(tag))));
      }
      await stage.subject.pass(3);
      await apply(stage.log, id, deletion);
      const moments = (await whole(id)).map(({ recordedAt }) => recordedAt);
      const at = (moment: number) => queries.stateAtMoment(id, moment as EpochMs);
      for (const [index, state] of states.entries()) {
        expect(await at(present(moments[index]))).toEqual({ kind: 'state', state });
        expect(await at(present(moments[index + 1]) - 1)).toEqual({ kind: 'state', state });
      }
      expect(await at(present(moments[0]) - 1)).toEqual({ kind: 'absent' });
      expect(await at(present(moments.at(-1)))).toEqual({ kind: 'absent' });
    });

    it('begin at a snapshot where the log is cut off, and say expired of what was before', async () => {
      const { queries } = stage.subject;
      const { id } = await createTimer(stage.log, {}, { namespace: freshName(), key: 'k' });
      const before = present(await apply(stage.log, id, update('a')));
      await stage.subject.pass(3);
      await transact(stage.log, request({ targets: [{ timerId: id }] }), ({ byId, now }) => {
        const state = present(byId.get(id));
        const snapshot = { type: 'TimerSnapshotted', at: now, nextFireAt: state.nextFireAt, state } as const;
        return writing(foldStream(state, [snapshot], null));
      });
      const last = present(await apply(stage.log, id, update('b')));
      await stage.subject.forgetBefore(id, 3);
      const [snapshot] = await whole(id);
      expect(snapshot).toMatchObject({ version: 3, event: { type: 'TimerSnapshotted' } });
      expect(await queries.stateAtVersion(id, 2)).toEqual({ kind: 'expired' });
      expect(await queries.stateAtVersion(id, 3)).toEqual({
        kind: 'state',
        state: { ...before, version: 3 },
      });
      expect(await queries.stateAtVersion(id, 4)).toEqual({ kind: 'state', state: last });
      const at = (moment: number) => queries.stateAtMoment(id, moment as EpochMs);
      expect(await at(present(snapshot).recordedAt - 1)).toEqual({ kind: 'expired' });
      expect(await at(present(snapshot).recordedAt + 60_000)).toEqual({ kind: 'state', state: last });
    });
  });
