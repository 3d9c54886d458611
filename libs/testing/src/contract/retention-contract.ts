import { describe, expect, it } from 'vitest';
import { Retention, type RetentionPolicy, type RetentionReport, type RetentionStore } from '#engine';
import { decide, evolve, type TimerId } from '#timer';
import { givesUpAtOnce, giveUp } from './emissions.js';
import { publishAll } from './log-tail.js';
import { type AgeingSubject, Stage } from './subject.js';
import { acknowledge, apply, createTimer, deletion, fire, present, stateOf, update } from './writing.js';

/** A store whose log can be dropped by days. */
export interface RetentionSubject extends AgeingSubject {
  /** Retention by a session of its own. */
  openRetention(): RetentionStore;
}

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const nothing: RetentionPolicy = { logDays: 0, endedDays: 0, archiveDays: 0 };
const aDayMs = 86_400_000;

/** What holds of a log whose days are dropped, whatever lies under it. The store is the suite's own. */
export function retentionContract(name: string, open: () => Promise<RetentionSubject>): void {
  describe(`retention: ${name}`, () => {
    const stage = new Stage(open);
    const run = async (policy: Partial<RetentionPolicy>): Promise<RetentionReport> => {
      const retention = new Retention({
        store: stage.subject.openRetention(),
        log: stage.log,
        timer: { decide, evolve },
        logger: quiet,
        sleep: async () => undefined,
        clock: () => performance.now(),
      });
      return present(await retention.run({ ...nothing, ...policy }, new AbortController().signal));
    };

    it('is the work of one session at a time', async () => {
      const [one, other] = [stage.subject.openRetention(), stage.subject.openRetention()];
      expect(await one.exclusively(() => other.exclusively(async () => 'both'))).toBeNull();
      expect(await other.exclusively(async () => 'after it')).toBe('after it');
      await expect(Promise.resolve().then(() => one.expiredParts(1))).rejects.toThrow('exclusively');
    });

    it('drops a day once it is on the feed, and each timer of it goes on from its snapshot', async () => {
      const [kept, deleted] = [await createTimer(stage.log), await createTimer(stage.log)];
      await apply(stage.log, deleted.id, deletion);
      await stage.subject.age(40);
      const young = await createTimer(stage.log);

      expect(await run({ logDays: 30 })).toMatchObject({
        dropped: [],
        snapshotted: 0,
        kept: { reason: expect.stringContaining('not on the change feed yet') },
      });
      await publishAll(stage);
      expect(await run({ logDays: 60 })).toMatchObject({ dropped: [], snapshotted: 0, kept: null });
      const { dropped, snapshotted } = await run({ logDays: 30 });
      expect([dropped.length, snapshotted]).toEqual([1, 1]);

      const goesOn = { ...kept, version: 2 };
      expect(await stateOf(stage.log, kept.id)).toEqual(goesOn);
      expect(await stage.log.stateAt(kept.id, 1)).toBeNull();
      expect(await stage.log.stateAt(kept.id, 2)).toEqual(goesOn);
      const changed = await apply(stage.log, kept.id, update('later'));
      expect(await stage.log.stateAt(kept.id, 3)).toEqual(changed);
      expect(await stateOf(stage.log, young.id)).toEqual(young);
      expect(await run({ logDays: 30 })).toMatchObject({ dropped: [], snapshotted: 0 });
    });

    it('keeps a day while Kafka is owed a dead letter that is told from it', async () => {
      const { id } = await createTimer(stage.log, givesUpAtOnce);
      await stage.subject.age(40);
      const opened = await fire(stage.log, id);
      await acknowledge(stage.log, opened.emissionId);
      await stage.subject.pass(2);
      const { emissionId, before, after } = await giveUp(stage, id);
      await apply(stage.log, id, update('meanwhile'));
      await publishAll(stage);

      const owing = await run({ logDays: 30 });
      expect(owing).toMatchObject({ dropped: [], kept: { reason: expect.stringContaining('dead letters') } });
      const pending = await stage.due.claimPendingEmissions(0, 0, 10_000);
      expect(pending.find((emission) => emission.id === emissionId)?.entries).toEqual([
        { timerId: id, version: after.version, state: after, before },
      ]);
      await acknowledge(stage.log, emissionId);
      expect(await run({ logDays: 30 })).toMatchObject({ dropped: [expect.any(String)], kept: null });
    });

    it('puts away what has ended, and forgets what was put away', async () => {
      const ended = await once(stage, {});
      const sayingItself = await once(stage, { keepFor: '7d' });
      await stage.subject.pass(50);
      const aMoment = 40 / aDayMs;
      expect(await run({ endedDays: 1 })).toMatchObject({ archived: 0 });
      expect(await run({ endedDays: aMoment })).toMatchObject({ archived: 1 });
      expect(await stateOf(stage.log, ended)).toBeNull();
      expect((await stateOf(stage.log, sayingItself))?.endedReason).toBe('done');
      expect(await run({ archiveDays: 1 })).toMatchObject({ forgotten: 0 });
      await stage.subject.pass(50);
      expect(await run({ archiveDays: aMoment })).toMatchObject({ forgotten: 1 });
    });
  });
}

/** A timer that has fired, and ended with that. */
async function once(stage: Stage, timer: { readonly keepFor?: string }): Promise<TimerId> {
  const { id } = await createTimer(stage.log, {
    schedPolicyType: 'ONCE',
    schedPolicyExpr: '1ms',
    hookClass: '',
    ...timer,
  });
  await stage.subject.pass(2);
  const { emissionId } = await fire(stage.log, id);
  await acknowledge(stage.log, emissionId);
  return id;
}
