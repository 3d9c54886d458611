import { describe, expect, it } from 'vitest';
import type { TimerId } from '#timer';
import { freshName, type QueriesSubject, type Stage } from '../subject.js';
import { apply, createTimer, deletion, fire, nameOf, stateOf } from '../writing.js';

/** Nobody has to close its event. */
const endsAtOnce = { schedPolicyType: 'ONCE', schedPolicyExpr: '1ms', hookClass: '' } as const;

export const lookUps = (stage: Stage<QueriesSubject>) =>
  describe('one timer', () => {
    it('is found by its id and by its name, as the log has it', async () => {
      const created = await createTimer(stage.log, { tags: ['a'], data: { text: 'a\0b' } });
      const { state } = await fire(stage.log, created.id);
      const { namespace, key } = nameOf(created);
      const { queries } = stage.subject;
      expect(await queries.byId(created.id)).toEqual(state);
      expect(await queries.byKey(namespace, key)).toEqual(state);
      expect(await stateOf(stage.log, created.id)).toEqual(state);
    });

    it('is null where there is none, whatever the name', async () => {
      const { queries } = stage.subject;
      const gone = await createTimer(stage.log);
      const { namespace, key } = nameOf(gone);
      await apply(stage.log, gone.id, deletion);
      expect(await queries.byId(gone.id)).toBeNull();
      expect(await queries.byKey(namespace, key)).toBeNull();
      for (const odd of ['', 'a\0b', '\ud834', freshName()]) expect(await queries.byKey(odd, odd)).toBeNull();
    });

    it('is found by its id, not by its name, once it was archived; its name is free', async () => {
      const { queries } = stage.subject;
      const { id, ...created } = await createTimer(stage.log, endsAtOnce);
      await stage.subject.pass(2);
      const { state } = await fire(stage.log, id);
      expect(state.endedReason).toBe('done');
      const { namespace, key } = nameOf({ id, ...created });
      await stage.subject.pass(2);
      const archived = await apply(stage.log, id, (_, endedBefore) => ({
        type: 'ArchiveTimer',
        commandId: null,
        endedBefore,
      }));
      expect(archived).toBeNull();
      expect(await queries.byId(id)).toEqual(state);
      expect(await queries.byKey(namespace, key)).toBeNull();
      expect((await queries.list({ key }, { limit: 10, after: null })).timers).toEqual([]);
      expect(await queries.stateAtVersion(id, state.version)).toEqual({ kind: 'state', state });
      expect(await stateOf(stage.log, id)).toBeNull();
      const next = await createTimer(stage.log, {}, { namespace, key });
      expect(await queries.byKey(namespace, key)).toEqual(next);
    });

    it('has its key in its own namespace only', async () => {
      const created = await createTimer(stage.log);
      expect(await stage.subject.queries.byKey(freshName(), nameOf(created).key)).toBeNull();
    });

    it('is known by its name when it is gone, and the last of that name is meant', async () => {
      const { queries } = stage.subject;
      const name = { namespace: freshName(), key: 'a/b' };
      const lastId = (): Promise<TimerId | null> => queries.lastIdOf(name.namespace, name.key);
      expect(await lastId()).toBeNull();
      const first = await createTimer(stage.log, {}, name);
      expect(await lastId()).toBe(first.id);
      await apply(stage.log, first.id, deletion);
      expect(await lastId()).toBe(first.id);
      const second = await createTimer(stage.log, {}, name);
      expect(await lastId()).toBe(second.id);
      await apply(stage.log, second.id, deletion);
      expect(await lastId()).toBe(second.id);
      for (const odd of ['a\0b', '\ud834']) expect(await queries.lastIdOf(odd, odd)).toBeNull();
    });
  });
