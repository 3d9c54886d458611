import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type LoadedTimers, recordKey, TransientLogError } from '#engine';
import type { TimerId, TimerState } from '#timer';
import { freshName, type Stage } from './subject.js';
import {
  apply,
  createTimer,
  creation,
  deletion,
  foldStream,
  hourly,
  loadWith,
  nameOf,
  newCommandId,
  present,
  request,
  stateOf,
  streamOf,
  transact,
  update,
  writing,
} from './writing.js';

export const streams = (stage: Stage) =>
  describe('the streams', () => {
    it('gives a timer back by its name and by its id, as it was folded', async () => {
      const created = await createTimer(stage.log, { tags: ['a', 'b,c', '{"}'], data: { text: 'x' } });
      const byName = await loadWith(stage.log, { targets: [nameOf(created)] });
      const { namespace, key } = nameOf(created);
      expect(byName.byKey.get(recordKey(namespace, key))).toEqual(created);
      expect(await stateOf(stage.log, created.id)).toEqual(created);
    });

    it('finds nothing under a name or an id that was never used', async () => {
      const gone = await createTimer(stage.log);
      await apply(stage.log, gone.id, deletion);
      const targets = [{ namespace: 'contract', key: freshName() }, { timerId: gone.id }];
      const loaded = await loadWith(stage.log, { targets });
      expect([loaded.byKey.size, loaded.byId.size]).toEqual([0, 0]);
    });

    it.each([
      ['a slash', 'a/b/c'],
      ['quotes, commas, braces', `"a",{b}\\'c'`],
      ['only spaces', '   '],
      ['the word null', 'null'],
      ['256 characters beyond the first plane', '𝄞'.repeat(128)],
      ['line ends', 'a\r\nb\tc'],
    ])('keeps a key with %s', async (_, key) => {
      const name = { namespace: freshName(), key };
      const created = await createTimer(stage.log, {}, name);
      const loaded = await loadWith(stage.log, { targets: [name] });
      expect(loaded.byKey.get(recordKey(name.namespace, key))).toEqual(created);
    });

    it('keeps children, the tick that waits, and the lease', async () => {
      const { id } = await createTimer(stage.log);
      const child = randomUUID() as TimerId;
      await apply(stage.log, id, () => ({
        type: 'AcquireLease',
        commandId: newCommandId(),
        holder: 'é \u0000"{}',
        ttl: '1h',
      }));
      const state = present(await stateOf(stage.log, id));
      await transact(stage.log, request({ targets: [{ timerId: id }] }), ({ now }) =>
        writing(
          foldStream(
            state,
            [
              {
                type: 'ChildSpawned',
                at: now,
                nextFireAt: now,
                childId: child,
                childKey: 'k:1',
                n: 1,
                scheduledFor: now,
              },
              { type: 'TickQueued', at: now, nextFireAt: now, scheduledFor: now, nextTick: null },
            ],
            null,
          ),
        ),
      );
      const kept = present(await stateOf(stage.log, id));
      expect(kept).toMatchObject({ children: [child], lease: { holder: 'é \u0000"{}', token: 2 } });
      expect(kept.waitingTick).not.toBeNull();
      expect(await stage.log.stateAt(id, kept.version)).toEqual(kept);
    });

    it('says which names somebody has, of those that what was loaded asks for', async () => {
      const there = await createTimer(stage.log);
      const names = [nameOf(there), { namespace: 'contract', key: freshName() }];
      const asked = {
        targets: [{ timerId: there.id }],
        newNames: (loaded: LoadedTimers) => (loaded.byId.size === 1 ? names : []),
      };
      const { namespace, key } = nameOf(there);
      expect((await loadWith(stage.log, asked)).taken).toEqual(new Set([recordKey(namespace, key)]));
    });

    it('writes many streams of one batch, or none of them', async () => {
      const names = Array.from({ length: 20 }, () => ({ namespace: 'contract', key: freshName() }));
      const failing = stage.log.transact(request({ targets: names }), ({ now }) => {
        const all = names.map((name) => streamOf(null, creation(name, hourly, now), now));
        return writing(...all, ...all.slice(0, 1));
      });
      await expect(failing).rejects.toThrow();
      expect((await loadWith(stage.log, { targets: names })).byKey.size).toBe(0);
      await transact(stage.log, request({ targets: names }), ({ now }) =>
        writing(...names.map((name) => streamOf(null, creation(name, hourly, now), now))),
      );
      expect((await loadWith(stage.log, { targets: names })).byKey.size).toBe(20);
    });

    it('writes nothing when decide throws', async () => {
      const before = await createTimer(stage.log);
      const failure = new Error('decided against it');
      const attempt = stage.log.transact(request({ targets: [{ timerId: before.id }] }), () => {
        throw failure;
      });
      await expect(attempt).rejects.toBe(failure);
      expect(await stateOf(stage.log, before.id)).toEqual(before);
    });

    it('refuses what was decided on an older version', async () => {
      const old = await createTimer(stage.log);
      const newer = await apply(stage.log, old.id, update('newer'));
      const late = stage.log.transact(request({ targets: [{ timerId: old.id }] }), ({ now }) =>
        writing(streamOf(old, update('older')(), now)),
      );
      await expect(late).rejects.toBeInstanceOf(TransientLogError);
      expect(await stateOf(stage.log, old.id)).toEqual(newer);
      expect(await stage.log.stateAt(old.id, 2)).toEqual(newer);
    });

    it('refuses a creation that was decided on a name that is taken by now', async () => {
      const first = await createTimer(stage.log);
      const late = stage.log.transact(request(), ({ now }) =>
        writing(streamOf(null, creation(nameOf(first), hourly, now), now)),
      );
      await expect(late).rejects.toBeInstanceOf(TransientLogError);
      expect((await loadWith(stage.log, { targets: [nameOf(first)] })).byId.get(first.id)).toEqual(first);
    });

    it('serialises the transactions on one timer: each decides on what the one before it wrote', async () => {
      const { id } = await createTimer(stage.log);
      const handles = await stage.others(2);
      const perHandle = 10;
      await Promise.all(
        handles.map(async ({ log }, handle) => {
          for (let n = 0; n < perHandle; n += 1) await apply(log, id, update(`${handle}/${n}`));
        }),
      );
      const last = present(await stateOf(stage.log, id));
      expect(last.version).toBe(1 + handles.length * perHandle);
      expect(await stage.log.stateAt(id, last.version)).toEqual(last);
    });

    it('lets one of two creations of a name win, and shows the winner to the other', async () => {
      const handles = await stage.others(2);
      for (let round = 0; round < 5; round += 1) {
        const name = { namespace: 'contract', key: freshName() };
        const seen = await Promise.all(handles.map(({ log }) => createUnlessThere(log, name)));
        const winner = present(seen.find((state) => state !== null));
        expect(seen.filter((state) => state === null)).toHaveLength(1);
        expect((await loadWith(stage.log, { targets: [name] })).byId.get(winner.id)).toEqual(winner);
      }
    });

    it('takes the creation and the deletion of a timer in one batch', async () => {
      const name = { namespace: 'contract', key: freshName() };
      let born: TimerState | null = null;
      await transact(stage.log, request({ targets: [name] }), ({ now }) => {
        const create = streamOf(null, creation(name, hourly, now), now);
        born = create.after;
        const remove = streamOf(create.after, deletion(), now);
        return writing({ ...remove, before: null, events: [...create.events, ...remove.events] });
      });
      const { id } = present<TimerState>(born);
      expect((await loadWith(stage.log, { targets: [name] })).byKey.size).toBe(0);
      expect(await stage.log.stateAt(id, 1)).toEqual(born);
      expect(await stage.log.stateAt(id, 2)).toBeNull();
    });

    it('takes a deletion and a new timer of the same name in one batch', async () => {
      const former = await createTimer(stage.log);
      const name = nameOf(former);
      let next: TimerState | null = null;
      await transact(stage.log, request({ targets: [name] }), (loaded: LoadedTimers) => {
        const stored = present(loaded.byId.get(former.id));
        const create = streamOf(null, creation(name, hourly, loaded.now), loaded.now);
        next = create.after;
        return writing(create, streamOf(stored, deletion(), loaded.now));
      });
      const loaded = await loadWith(stage.log, { targets: [name] });
      expect([...loaded.byId.values()]).toEqual([next]);
    });

    it('leaves a timer as it is when its stream brings no events', async () => {
      const state = await createTimer(stage.log);
      await transact(stage.log, request({ targets: [{ timerId: state.id }] }), () =>
        writing(foldStream(state, [], null)),
      );
      expect(await stateOf(stage.log, state.id)).toEqual(state);
    });
  });

async function createUnlessThere(
  log: Stage['log'],
  name: { namespace: string; key: string },
): Promise<TimerState | null> {
  let created: TimerState | null = null;
  await transact(log, request({ targets: [name] }), ({ byKey, now }) => {
    created = null;
    if (byKey.size > 0) return writing();
    const stream = streamOf(null, creation(name, hourly, now), now);
    created = stream.after;
    return writing(stream);
  });
  return created;
}
