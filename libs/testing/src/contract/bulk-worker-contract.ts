import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type BulkCommand,
  type BulkCommands,
  type BulkId,
  type BulkOutcome,
  type BulkStore,
  previewBulk,
} from '#engine';
import {
  actions,
  type BulkWorkerSubject,
  Killed,
  leaseMs,
  points,
  slowLeaseMs,
  timersPerPageMax,
  World,
} from './bulk/world.js';
import { present } from './writing.js';

export type { BulkWorkerSubject } from './bulk/world.js';

/** What a bulk does to timers, and that it does it once whatever becomes of its workers. */
export function bulkWorkerContract(name: string, open: () => Promise<BulkWorkerSubject>): void {
  describe(`BulkWorker: ${name}`, () => {
    let subject: BulkWorkerSubject;
    let world: World;
    beforeAll(async () => {
      subject = await open();
    });
    beforeEach(async () => {
      await subject.clear();
      world = new World(subject);
    });
    afterAll(() => subject.close());
    const tenTimers = async (): Promise<void> => {
      for (let n = 0; n < 10; n += 1) await world.create(`k-${n}`, { tags: [n % 2 === 0 ? 'even' : 'odd'] });
    };

    it('does to each timer of its condition what was asked, and to no other', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' }, { tags: ['even'] });
      await world.finish();
      const paused = (await world.all()).map(({ pausedAt }) => pausedAt !== null);
      expect(paused).toEqual(Array(5).fill([true, false]).flat());
      expect(await world.find(bulk)).toMatchObject({ status: 'done', matched: 5, applied: 5, refusals: [] });
    });

    it('goes on through its pages although what it does changes what matches', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' }, { status: ['waiting'] });
      await world.finish();
      expect((await world.all()).every(({ pausedAt }) => pausedAt !== null)).toBe(true);
      expect(await world.find(bulk)).toMatchObject({ status: 'done', matched: 10, applied: 10 });
    });

    it('deletes, and resumes', async () => {
      await tenTimers();
      await world.request({ type: 'delete' }, { tags: ['odd'] });
      await world.finish();
      expect(await world.all()).toHaveLength(5);
      for (const type of ['pause', 'resume'] as const) {
        await world.request({ type });
        await world.finish();
      }
      expect((await world.all()).map(({ pausedAt }) => pausedAt)).toEqual(Array(5).fill(null));
    });

    it('takes tags away and adds tags, and leaves the others', async () => {
      await world.create('a', { tags: ['old', 'kept'] });
      await world.create('b', { tags: ['new'] });
      await world.request({ type: 'retag', remove: ['old', 'absent'], add: ['new'] });
      await world.finish();
      expect((await world.all()).map(({ spec }) => spec.tags)).toEqual([['kept', 'new'], ['new']]);
    });

    it('makes the new tags from the tags that are there when they are set', async () => {
      const timer = await world.create('a', { tags: ['old'] });
      const bulk = await world.request({ type: 'retag', remove: ['old'], add: ['new'] });
      let isFirst = true;
      const ask: BulkCommands['ask'] = async (command) => {
        if (isFirst) {
          isFirst = false;
          const wish = { type: 'UpdateTimer', tags: ['old', 'meanwhile'], version: timer.version } as const;
          await world.ask({ ...command, commandId: randomUUID() as never, wish });
        }
        return world.ask(command);
      };
      await world.finish(world.worker({ ask }));
      expect((await world.all()).map(({ spec }) => spec.tags)).toEqual([['meanwhile', 'new']]);
      expect(await world.find(bulk)).toMatchObject({ applied: 1, refusals: [] });
    });

    it('asks again when it is told to by a rate, by a further command', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' });
      const told = new Set<string>();
      const ids = new Set<string>();
      const ask: BulkCommands['ask'] = async (command) => {
        ids.add(command.commandId);
        if (told.has(command.target.timerId)) return world.ask(command);
        told.add(command.target.timerId);
        return { ok: false, code: 'quota-exceeded', message: 'too fast', retryAfterMs: 1 };
      };
      await world.finish(world.worker({ ask }));
      expect(await world.find(bulk)).toMatchObject({ status: 'done', applied: 10, refusals: [] });
      expect(ids.size).toBe(20);
    });

    it('keeps a page for as long as a rate makes it wait, and another worker has nothing to do', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' });
      let isTooFast = true;
      const tooFast = { ok: false, code: 'quota-exceeded', message: 'too fast', retryAfterMs: 100 } as const;
      const ask: BulkCommands['ask'] = async (command) => (isTooFast ? tooFast : world.ask(command));
      const page = world.worker({ ask }, undefined, subject.sleep, slowLeaseMs).tick();
      await subject.pass(1.5 * slowLeaseMs);
      expect(await world.worker().tick()).toBe(false);
      isTooFast = false;
      await subject.pass(200);
      expect(await page).toBe(true);
      await world.finish();
      expect(await world.find(bulk)).toMatchObject({ status: 'done', applied: 10, refusals: [] });
    });

    it('sends nothing more of a page that another worker has by now', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' });
      let asked = 0;
      const ask: BulkCommands['ask'] = async () => {
        asked += 1;
        return { ok: false, code: 'quota-exceeded', message: 'too fast', retryAfterMs: 30_000 };
      };
      const store = world.storeWith({ renew: async () => false });
      await expect(world.worker({ ask }, store).tick()).rejects.toThrow('another worker');
      expect(asked).toBe(timersPerPageMax);
      await subject.pass(leaseMs);
      await world.finish();
      expect(await world.find(bulk)).toMatchObject({ status: 'done', applied: 10 });
    });

    it('counts refusals by their reason, with an example', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'resume' });
      await world.finish();
      const done = present(await world.find(bulk));
      expect(done).toMatchObject({ status: 'done', matched: 10, applied: 0 });
      const ids = (await world.all()).map(({ id }) => id);
      expect(done.refusals).toEqual([
        {
          code: 'timer-not-paused',
          count: 10,
          example: { timerId: expect.toBeOneOf(ids), message: expect.any(String) },
        },
      ]);
    });

    it('leaves timers alone that were made after it was asked for', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' });
      await subject.pass(2);
      await world.create('later');
      await world.finish();
      expect(await world.find(bulk)).toMatchObject({ status: 'done', matched: 10 });
      const left = (await world.all()).filter(({ pausedAt }) => pausedAt === null);
      expect(left.map(({ spec }) => spec.key)).toEqual(['later']);
    });

    it('stops at the page it is at when it is cancelled', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' });
      await world.worker().tick();
      await subject.bulks.cancel(bulk.id);
      await world.finish();
      const [matched, applied] = [timersPerPageMax, timersPerPageMax];
      expect(await world.find(bulk)).toMatchObject({ status: 'cancelled', matched, applied });
    });

    it('says with each command who asked for it', async () => {
      const { id } = await world.create('a');
      await world.request({ type: 'pause' });
      await world.finish();
      const { entries } = await subject.queries.history(id, {}, 10);
      expect(entries.at(-1)).toMatchObject({ event: { type: 'TimerPaused' }, meta: { actor: 'ada' } });
    });

    it('tells beforehand what would match and who would refuse, and does nothing', async () => {
      await tenTimers();
      const { namespace } = world;
      const condition = { namespace, tags: ['odd'] };
      const order = {
        id: randomUUID() as BulkId,
        action: { type: 'resume' },
        condition,
        actor: null,
      } as const;
      const before = await world.all();
      const preview = await previewBulk(subject.queries, order, await subject.now());
      const refusals = [{ code: 'timer-not-paused', count: 5 }];
      expect(preview).toMatchObject({ matched: { count: 5, isExact: true }, sampled: 5, refusals });
      expect([await world.all(), world.sent, await subject.bulks.find(order.id)]).toEqual([before, [], null]);
    });

    it.each(points.flatMap((point) => actions.map((action) => [point, action] as const)))(
      'is worked off by the next worker when one is killed at its %s, each timer once: %o',
      async (point, action) => {
        await tenTimers();
        const before = await world.all();
        const bulk = await world.request(action);
        await world.worker().tick();
        await expect(world.dying(point).tick()).rejects.toBeInstanceOf(Killed);
        expect((await world.find(bulk))?.status).toBe('running');
        await subject.pass(leaseMs);
        await world.finish();
        const counts = { status: 'done', matched: 10, applied: 10, refusals: [] };
        expect(await world.find(bulk)).toMatchObject(counts);
        for (const timer of before) {
          const { entries } = await subject.queries.history(timer.id, {}, 100);
          expect(entries.map(({ version }) => version)).toEqual([1, 2]);
        }
      },
    );

    it('does not hear a frozen worker that comes back', async () => {
      await tenTimers();
      const bulk = await world.request({ type: 'pause' });
      let thaw: () => void = () => undefined;
      let late: Promise<boolean> | null = null;
      const frozen = new Promise<void>((resolve) => {
        thaw = resolve;
      });
      const asking = new Promise<void>((isAsking) => {
        const ask = async (command: BulkCommand): Promise<BulkOutcome> => {
          isAsking();
          await frozen;
          return world.ask(command);
        };
        // nor does it renew its lease
        const renew: BulkStore['renew'] = (...args) => frozen.then(() => subject.bulks.renew(...args));
        late = world.worker({ ask }, world.storeWith({ renew })).tick();
      });
      await asking;
      await subject.pass(leaseMs);
      await world.finish();
      thaw();
      await late;
      const counts = { status: 'done', matched: 10, applied: 10, refusals: [] };
      expect(await world.find(bulk)).toMatchObject(counts);
    });
  });
}
