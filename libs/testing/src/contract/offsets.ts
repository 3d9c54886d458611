import { describe, expect, it } from 'vitest';
import { type OffsetAdvance, sourceKey, type TransactionResult } from '#engine';
import { freshName, type Stage } from './subject.js';
import {
  createTimer,
  creation,
  hourly,
  loadWith,
  nothing,
  request,
  streamOf,
  transact,
  writing,
} from './writing.js';

const advance = (topic: string, partition: number, expected: bigint, next: bigint): OffsetAdvance => ({
  topic,
  partition,
  expected,
  next,
});

export const offsetFence = (stage: Stage) =>
  describe('the offset fence', () => {
    it('has no offset for a partition that nobody has read, and starts where its first reader says', async () => {
      const topic = freshName();
      expect(await stage.log.storedOffsets(topic, [0])).toEqual(new Map());
      const { lostSources } = await transact(
        stage.log,
        request({ offsets: [advance(topic, 0, 41n, 43n)] }),
        () => nothing,
      );
      expect(lostSources).toEqual(new Set());
      expect(await stage.log.storedOffsets(topic, [0, 1])).toEqual(new Map([[0, 43n]]));
    });

    it('answers only for the partitions and the topic that were asked for', async () => {
      const [topic, other] = [freshName(), freshName()];
      const offsets = [advance(topic, 0, 0n, 1n), advance(topic, 1, 0n, 2n), advance(other, 0, 0n, 3n)];
      await transact(stage.log, request({ offsets }), () => nothing);
      expect(await stage.log.storedOffsets(topic, [1])).toEqual(new Map([[1, 2n]]));
    });

    it('keeps offsets beyond 53 bits', async () => {
      const [topic, far] = [freshName(), 2n ** 62n];
      await transact(stage.log, request({ offsets: [advance(topic, 0, far - 1n, far)] }), () => nothing);
      expect(await stage.log.storedOffsets(topic, [0])).toEqual(new Map([[0, far]]));
    });

    it('refuses records whose stored offset has moved on, and applies the others', async () => {
      const topic = freshName();
      const first = [advance(topic, 0, 0n, 10n), advance(topic, 1, 0n, 10n)];
      await transact(stage.log, request({ offsets: first }), () => nothing);
      const name = { namespace: 'contract', key: freshName() };
      const second = [advance(topic, 0, 5n, 12n), advance(topic, 1, 10n, 12n)];
      let toldDecide: ReadonlySet<string> = new Set();
      const { lostSources } = await transact(
        stage.log,
        request({ offsets: second, targets: [name] }),
        (loaded) => {
          toldDecide = loaded.lostSources;
          return writing(streamOf(null, creation(name, hourly, loaded.now), loaded.now));
        },
      );
      expect(toldDecide).toEqual(new Set([sourceKey(topic, 0)]));
      expect(lostSources).toEqual(toldDecide);
      const offsets = await stage.log.storedOffsets(topic, [0, 1]);
      expect([offsets.get(0), offsets.get(1)]).toEqual([10n, 12n]);
      expect((await loadWith(stage.log, { targets: [name] })).byKey.size).toBe(1);
    });

    it('refuses records ahead of the stored offset as well: the gap belongs to somebody', async () => {
      const topic = freshName();
      await transact(stage.log, request({ offsets: [advance(topic, 0, 0n, 10n)] }), () => nothing);
      const { lostSources } = await transact(
        stage.log,
        request({ offsets: [advance(topic, 0, 11n, 12n)] }),
        () => nothing,
      );
      expect(lostSources).toEqual(new Set([sourceKey(topic, 0)]));
      expect(await stage.log.storedOffsets(topic, [0])).toEqual(new Map([[0, 10n]]));
    });

    it('lets one of two readers of the same records win, new partition or known', async () => {
      const topic = freshName();
      const handles = await stage.others(2);
      for (const [expected, next] of [
        [0n, 5n],
        [5n, 9n],
      ] as const) {
        const both = await Promise.all(
          handles.map(({ log }) =>
            transact(log, request({ offsets: [advance(topic, 3, expected, next)] }), () => nothing),
          ),
        );
        const losers = both.filter(({ lostSources }: TransactionResult) => lostSources.size === 1);
        expect(losers).toHaveLength(1);
        expect(await stage.log.storedOffsets(topic, [3])).toEqual(new Map([[3, next]]));
      }
    });

    it('moves no offset when decide throws', async () => {
      const topic = freshName();
      const failure = new Error('decided against it');
      const attempt = stage.log.transact(request({ offsets: [advance(topic, 0, 0n, 1n)] }), () => {
        throw failure;
      });
      await expect(attempt).rejects.toBe(failure);
      expect(await stage.log.storedOffsets(topic, [0])).toEqual(new Map());
      await createTimer(stage.log);
    });
  });
