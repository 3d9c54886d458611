import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { InMemoryBulkStore, InMemoryTimerStore, ManualClock } from '#testing';
import {
  decide,
  type EpochMs,
  evolve,
  mintTimerId,
  slotOf,
  type TimerCondition,
  type TimerInput,
  type TimerState,
} from '#timer';
import { decideAll } from '../commands/decide-all.js';
import type { BulkAction, BulkClaim, BulkId, BulkStore } from './bulk.js';
import {
  type BulkCommand,
  type BulkCommands,
  type BulkOutcome,
  bulkCommandId,
  domainCommand,
} from './bulk-commands.js';
import { BulkWorker } from './bulk-worker.js';
import { previewBulk } from './preview-bulk.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const leaseMs = 30_000;
const timersPerPageMax = 4;

/** Timers, bulks and the way of commands between them, all of it real but for the wire. */
function setUp() {
  const clock = new ManualClock();
  const timers = new InMemoryTimerStore({ partitions: 4, now: () => clock.now() as EpochMs });
  const bulks = new InMemoryBulkStore(() => clock.now() as EpochMs);
  let [random, offset] = [0, 0n];
  const mint = (slot: number) => mintTimerId(clock.now(), slot, new Uint8Array(9).fill(random++ % 256));
  const sent: BulkCommand[] = [];

  /** As the scheduler does it: remembered commands get their first outcome. */
  const ask = async (command: BulkCommand): Promise<BulkOutcome> => {
    sent.push(command);
    offset += 1n;
    const { commandId, target, actor } = command;
    const envelope = {
      source: { topic: 'commands', partition: 0, offset },
      key: null,
      value: null,
      content: {
        kind: 'command' as const,
        commandId,
        target: { timerId: target.timerId },
        command: domainCommand(command) as never,
      },
      reply: null,
      ...(actor !== null && { actor }),
    };
    let outcome: BulkOutcome = { ok: true };
    const request = { offsets: [], targets: [{ timerId: target.timerId }], commandIds: [commandId], due: [] };
    await timers.log.transact({ ...request, dueElsewhere: [] }, (loaded) => {
      const decided = decideAll([envelope], loaded, { decide, evolve }, mint);
      const [first] = decided.outcomes;
      if (first?.kind === 'rejected') outcome = { ok: false, ...first.rejection };
      return decided.writes;
    });
    return outcome;
  };

  const create = async (key: string, timer: Partial<TimerInput> = {}): Promise<TimerState> => {
    const command = {
      type: 'CreateTimer',
      commandId: randomUUID() as never,
      timerId: mint(slotOf('n', key)),
      namespace: 'n',
      key,
      timer: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', ...timer },
    } as const;
    const decision = decide(null, command, clock.now() as EpochMs);
    if (!decision.ok) throw new Error(decision.rejection.message);
    const events = decision.events.map((event, index) => ({
      version: index + 1,
      commandId: command.commandId,
      event,
      meta: {},
    }));
    const after = events.reduce<TimerState | null>(evolve, null);
    const request = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
    await timers.log.transact(request, () => ({
      streams: [{ before: null, after, events, emission: null }],
      rejections: [],
      emission: null,
      emitted: [],
    }));
    await clock.advance(1);
    return after as TimerState;
  };

  const worker = (commands: BulkCommands = { ask }, store: BulkStore = bulks) =>
    new BulkWorker({
      store,
      queries: timers.queries,
      commands,
      logger: silent,
      sleep: async () => undefined,
      limits: { timersPerPageMax, leaseMs },
    });
  const request = (action: BulkAction, condition: TimerCondition = {}) =>
    bulks.add({ id: randomUUID() as BulkId, action, condition, actor: 'ada' });
  const all = async () => (await timers.queries.list({}, { order: 'id', limit: 100, after: null })).timers;
  const finish = async (from = worker()) => {
    while (await from.tick());
  };
  return { clock, timers, bulks, sent, ask, create, worker, request, all, finish };
}

async function tenTimers() {
  const world = setUp();
  for (let n = 0; n < 10; n += 1) await world.create(`k-${n}`, { tags: [n % 2 === 0 ? 'even' : 'odd'] });
  return world;
}

describe('a bulk', () => {
  it('does to each timer of its condition what was asked, and to no other', async () => {
    const { request, finish, all, bulks } = await tenTimers();
    const { id } = await request({ type: 'pause' }, { tags: ['even'] });
    await finish();
    expect((await all()).map(({ pausedAt }) => pausedAt !== null)).toEqual(
      Array(5).fill([true, false]).flat(),
    );
    expect(await bulks.find(id)).toMatchObject({ status: 'done', matched: 5, applied: 5, refusals: [] });
  });

  it('goes on through its pages although what it does changes what matches', async () => {
    const { request, finish, all, bulks } = await tenTimers();
    const { id } = await request({ type: 'pause' }, { status: ['waiting'] });
    await finish();
    expect((await all()).every(({ pausedAt }) => pausedAt !== null)).toBe(true);
    expect(await bulks.find(id)).toMatchObject({ status: 'done', matched: 10, applied: 10 });
  });

  it('deletes, and resumes', async () => {
    const { request, finish, all } = await tenTimers();
    await request({ type: 'delete' }, { tags: ['odd'] });
    await finish();
    expect(await all()).toHaveLength(5);
    await request({ type: 'pause' });
    await finish();
    await request({ type: 'resume' });
    await finish();
    expect((await all()).map(({ pausedAt }) => pausedAt)).toEqual(Array(5).fill(null));
  });

  it('takes tags away and adds tags, and leaves the others', async () => {
    const { request, finish, all, create } = setUp();
    await create('a', { tags: ['old', 'kept'] });
    await create('b', { tags: ['new'] });
    await request({ type: 'retag', remove: ['old', 'absent'], add: ['new'] });
    await finish();
    expect((await all()).map(({ spec }) => spec.tags)).toEqual([['kept', 'new'], ['new']]);
  });

  it('makes the new tags from the tags that are there when they are set', async () => {
    const { request, finish, all, create, ask, worker, bulks } = setUp();
    const timer = await create('a', { tags: ['old'] });
    const { id } = await request({ type: 'retag', remove: ['old'], add: ['new'] });
    let isFirst = true;
    const between: BulkCommands['ask'] = async (command) => {
      if (isFirst) {
        isFirst = false;
        const wish = { type: 'UpdateTimer', tags: ['old', 'meanwhile'], version: timer.version } as const;
        await ask({ ...command, commandId: randomUUID() as never, wish });
      }
      return ask(command);
    };
    await finish(worker({ ask: between }));
    expect((await all()).map(({ spec }) => spec.tags)).toEqual([['meanwhile', 'new']]);
    expect(await bulks.find(id)).toMatchObject({ applied: 1, refusals: [] });
  });

  it('counts refusals by their reason, with an example', async () => {
    const { request, finish, bulks, create } = await tenTimers();
    const ended = await create('ended', { endAt: 0 as EpochMs });
    const { id } = await request({ type: 'resume' });
    await finish();
    const { refusals, matched, applied } = (await bulks.find(id)) ?? {};
    expect([matched, applied]).toEqual([11, 0]);
    expect(refusals?.map(({ code, count }) => [code, count])).toEqual([['timer-not-paused', 11]]);
    expect(refusals?.[0]?.example.timerId).not.toBe(ended.id);
  });

  it('leaves timers alone that were made after it was asked for', async () => {
    const { request, finish, bulks, create, all, clock } = await tenTimers();
    const { id } = await request({ type: 'pause' });
    await clock.advance(1);
    await create('later');
    await finish();
    expect(await bulks.find(id)).toMatchObject({ status: 'done', matched: 10 });
    expect((await all()).filter(({ pausedAt }) => pausedAt === null).map(({ spec }) => spec.key)).toEqual([
      'later',
    ]);
  });

  it('stops at the page it is at when it is cancelled', async () => {
    const { request, bulks, worker, finish } = await tenTimers();
    const { id } = await request({ type: 'pause' });
    await worker().tick();
    await bulks.cancel(id);
    await finish();
    expect(await bulks.find(id)).toMatchObject({
      status: 'cancelled',
      matched: timersPerPageMax,
      applied: timersPerPageMax,
    });
  });

  it('says with each command who asked for it', async () => {
    const { request, finish, timers, all } = await tenTimers();
    await request({ type: 'pause' }, { key: 'k-0' });
    await finish();
    const [first] = await all();
    const { entries } = await timers.queries.history(first?.id ?? ('' as never), {}, 10);
    expect(entries.at(-1)).toMatchObject({ event: { type: 'TimerPaused' }, meta: { actor: 'ada' } });
  });
});

class Killed extends Error {}

describe('a bulk whose worker is killed', () => {
  /** Kills the worker at a step of the second page; what it had done until then stays. */
  type Point = 'claim' | 'begin' | 'ask 1' | 'ask 3' | 'reply 2' | 'settle';
  const points: Point[] = ['claim', 'begin', 'ask 1', 'ask 3', 'reply 2', 'settle'];
  const actions: BulkAction[] = [
    { type: 'pause' },
    { type: 'delete' },
    { type: 'retag', add: ['new'], remove: ['odd'] },
  ];

  it.each(points.flatMap((point) => actions.map((action) => [point, action] as const)))(
    'at its %s is worked off by the next one, each timer once: %o',
    async (point, action) => {
      const { request, bulks, worker, ask, clock, finish, timers, all } = await tenTimers();
      const before = await all();
      const { id } = await request(action);
      await worker().tick();
      await expect(dying(point, bulks, ask, worker).tick()).rejects.toBeInstanceOf(Killed);
      await finish();
      expect((await bulks.find(id))?.status).toBe('running');
      await clock.advance(leaseMs);
      await finish();
      expect(await bulks.find(id)).toMatchObject({ status: 'done', matched: 10, applied: 10, refusals: [] });
      for (const timer of before) {
        const { entries } = await timers.queries.history(timer.id, {}, 100);
        expect(entries).toHaveLength(2);
      }
    },
  );

  function dying(
    point: Point,
    bulks: InMemoryBulkStore,
    ask: BulkCommands['ask'],
    worker: (commands: BulkCommands, store: BulkStore) => BulkWorker,
  ): BulkWorker {
    let asked = 0;
    const die = (): never => {
      throw new Killed();
    };
    // a copy that dies: whatever is called on it goes to the store, up to the point
    const store = Object.assign(Object.create(bulks) as InMemoryBulkStore, {
      claim: async (lease: number) => bulks.claim(lease),
      begin: async (claim: BulkClaim, ...rest: [never, never, never]) => {
        if (point === 'claim') die();
        const began = await bulks.begin(claim, ...rest);
        return point === 'begin' ? die() : began;
      },
      settle: async (claim: BulkClaim, settlement: never) =>
        point === 'settle' ? die() : bulks.settle(claim, settlement),
      add: bulks.add.bind(bulks),
    });
    const commands: BulkCommands = {
      ask: async (command) => {
        asked += 1;
        const isMine = point === `ask ${asked}`;
        const losesReply = point === `reply ${asked}`;
        if (isMine) die();
        const outcome = await ask(command);
        return losesReply ? die() : outcome;
      },
    };
    return worker(commands, store);
  }

  it('has one counter: a frozen worker that comes back is not heard', async () => {
    const { request, bulks, worker, ask, clock, finish } = await tenTimers();
    const { id } = await request({ type: 'pause' });
    let thaw: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    const late = worker({
      ask: async (command) => {
        await frozen;
        return ask(command);
      },
    }).tick();
    await clock.advance(leaseMs);
    await finish();
    thaw();
    await late;
    expect(await bulks.find(id)).toMatchObject({ status: 'done', matched: 10, applied: 10, refusals: [] });
  });
});

describe('the id of a bulk command', () => {
  const [bulk, timer] = [randomUUID() as BulkId, randomUUID() as never];
  it('is a UUIDv5 that bulk, timer and attempt decide', () => {
    const id = bulkCommandId(bulk, timer, 1);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(bulkCommandId(bulk, timer, 1)).toBe(id);
    const others = [bulkCommandId(bulk, timer, 2), bulkCommandId(randomUUID() as BulkId, timer, 1)];
    expect(new Set([id, ...others]).size).toBe(3);
  });
});

describe('a preview', () => {
  it('tells what would match and who would refuse, and does nothing', async () => {
    const { timers, all, bulks, clock, sent } = await tenTimers();
    const order = {
      id: randomUUID() as BulkId,
      action: { type: 'resume' },
      condition: { tags: ['odd'] },
      actor: null,
    } as const;
    const before = await all();
    const preview = await previewBulk(timers.queries, order, clock.now() as EpochMs);
    expect(preview).toMatchObject({
      matched: { count: 5, isExact: true },
      sampled: 5,
      refusals: [{ code: 'timer-not-paused', count: 5 }],
    });
    expect([await all(), sent, await bulks.find(order.id)]).toEqual([before, [], null]);
  });
});
