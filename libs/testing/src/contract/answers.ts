import { describe, expect, it } from 'vitest';
import { answersPerIdMax, type RejectionWrite, recordKey, refusedKeyBytesMax } from '#engine';
import type { CommandId, Rejection } from '#timer';
import { freshName, type Stage } from './subject.js';
import {
  apply,
  createTimer,
  deletion,
  loadWith,
  nameOf,
  newCommandId,
  nothing,
  present,
  request,
  streamOf,
  transact,
  update,
  writing,
} from './writing.js';

export const refusal = (
  commandId: CommandId | null,
  rejection: Rejection = { code: 'invalid-spec', message: 'no such zone', field: 'timeZone' },
): RejectionWrite => ({
  commandId,
  rejection,
  source: { topic: 'timers.commands', partition: 3, offset: 2n ** 60n },
  key: Buffer.from('contract/k'),
  value: Buffer.from([0, 255, 1, 254]),
});

export const overRate: Rejection = {
  code: 'quota-exceeded',
  message: 'too many commands a second',
  field: 'commandsPerSecond',
  retryAfterMs: 12,
};

/** The same command again gets the first answer again: what the log remembers for it. */
export const answers = (stage: Stage) =>
  describe('the answers it remembers', () => {
    it('remembers the commands of a deleted timer, by its name and by its id', async () => {
      const created = await createTimer(stage.log);
      await apply(stage.log, created.id, update('x'));
      const deletedBy = deletion();
      await apply(stage.log, created.id, () => deletedBy);
      const { namespace, key } = nameOf(created);

      const byName = await loadWith(stage.log, { targets: [nameOf(created)] });
      const tombstone = present(byName.tombstones.get(recordKey(namespace, key))?.at(-1));
      expect(tombstone.timerId).toBe(created.id);
      expect(tombstone.recent.map(({ version }) => version)).toEqual([1, 2, 3]);
      expect(tombstone.recent.at(-1)?.commandId).toBe(deletedBy.commandId);
      const byId = await loadWith(stage.log, { targets: [{ timerId: created.id }] });
      expect(byId.tombstonesById.get(created.id)).toEqual(tombstone);
    });

    it('remembers every life of a name, the latest last', async () => {
      const name = { namespace: 'contract', key: freshName() };
      const lives = [];
      for (let life = 0; life < 3; life += 1) {
        const { id } = await createTimer(stage.log, {}, name);
        await apply(stage.log, id, deletion);
        lives.push(id);
      }
      const { tombstones } = await loadWith(stage.log, { targets: [name] });
      expect(tombstones.get(recordKey(name.namespace, name.key))?.map(({ timerId }) => timerId)).toEqual(
        lives,
      );
    });

    it('has no tombstone for a timer that lives', async () => {
      const created = await createTimer(stage.log);
      const loaded = await loadWith(stage.log, { targets: [nameOf(created), { timerId: created.id }] });
      expect([loaded.tombstones.size, loaded.tombstonesById.size]).toEqual([0, 0]);
    });

    it.each<[string, Rejection]>([
      ['a plain one', { code: 'timer-not-exist', message: 'no timer here: "x", \\, é' }],
      ['one that says when', overRate],
    ])(
      'remembers a refusal by its command and the key of its record, and only that: %s',
      async (_, given) => {
        const commandId = newCommandId();
        await transact(stage.log, request(), () => ({ ...nothing, rejections: [refusal(commandId, given)] }));
        const { rejected } = await loadWith(stage.log, { commandIds: [commandId, newCommandId()] });
        const told = { key: Buffer.from('contract/k'), rejection: given };
        expect(rejected).toEqual(new Map([[commandId, [told]]]));
      },
    );

    it('tells refusals of one command the first one first', async () => {
      const commandId = newCommandId();
      const first = refusal(commandId);
      const second = refusal(commandId, { code: 'timer-exists', message: 'later' });
      for (const rejection of [first, second])
        await transact(stage.log, request(), () => ({ ...nothing, rejections: [rejection] }));
      const { rejected } = await loadWith(stage.log, { commandIds: [commandId] });
      expect(rejected.get(commandId)?.map(({ rejection }) => rejection)).toEqual([
        first.rejection,
        second.rejection,
      ]);
    });

    it('remembers so many answers of one id, and of a key no more than is compared', async () => {
      const commandId = newCommandId();
      const key = Buffer.alloc(refusedKeyBytesMax + 1, 'k');
      const met = await createTimer(stage.log);
      await transact(stage.log, request(), () => ({
        ...nothing,
        rejections: Array(answersPerIdMax + 1).fill({ ...refusal(commandId), key }),
        unchanged: Array(answersPerIdMax + 1).fill({ commandId, timerId: met.id, version: 1 }),
      }));
      const { rejected, unchanged } = await loadWith(stage.log, { commandIds: [commandId, commandId] });
      expect(rejected.get(commandId)).toHaveLength(answersPerIdMax);
      expect(rejected.get(commandId)?.[0]?.key).toHaveLength(refusedKeyBytesMax);
      expect(unchanged.get(commandId)).toHaveLength(answersPerIdMax);
    });

    it('remembers what changed nothing by its command, with the timer as it was met', async () => {
      const [met, other] = [await createTimer(stage.log), await createTimer(stage.log)];
      const [commandId, again] = [newCommandId(), newCommandId()];
      const wrote = { commandId, timerId: met.id, version: 7 };
      await transact(stage.log, request(), () => ({
        ...nothing,
        unchanged: [wrote, { commandId: again, timerId: met.id, version: 7 }],
      }));
      await stage.subject.pass(1);
      await transact(stage.log, request(), () => ({
        ...nothing,
        unchanged: [{ ...wrote, timerId: other.id, version: 8 }],
      }));
      const { unchanged, rejected } = await loadWith(stage.log, { commandIds: [commandId, newCommandId()] });
      const first = { timerId: met.id, version: 7 };
      expect(unchanged).toEqual(new Map([[commandId, [first, { timerId: other.id, version: 8 }]]]));
      expect(rejected.size).toBe(0);
    });

    it('remembers nothing of a batch that was not written', async () => {
      const [commandId, old] = [newCommandId(), await createTimer(stage.log)];
      await apply(stage.log, old.id, update('newer'));
      const attempt = stage.log.transact(request({ targets: [{ timerId: old.id }] }), ({ now }) => ({
        ...writing(streamOf(old, deletion(), now)),
        rejections: [refusal(commandId)],
        unchanged: [{ commandId, timerId: old.id, version: 1 }],
      }));
      await expect(attempt).rejects.toThrow();
      const { rejected, unchanged } = await loadWith(stage.log, { commandIds: [commandId] });
      expect([rejected.size, unchanged.size]).toEqual([0, 0]);
    });
  });
