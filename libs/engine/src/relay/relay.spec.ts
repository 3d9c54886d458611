import { describe, expect, it } from 'vitest';
import { InMemoryTimerStore, ManualClock } from '#testing';
import { type CommandId, decide, type EpochMs, evolve, mintTimerId, slotOf } from '#timer';
import type { LogFeed, StoredEvent } from '../log/log-feed.js';
import { Relay } from './relay.js';

const partitions = [0, 1, 2, 3];

function setUp(eventsPerReadMax = 8, wrap: (feed: LogFeed) => LogFeed = (feed) => feed) {
  const clock = new ManualClock();
  const store = new InMemoryTimerStore({ partitions: 4, now: () => clock.now() as EpochMs });
  const published: StoredEvent[] = [];
  const lags: number[] = [];
  const errors: unknown[] = [];
  let kafkaAnswers: Promise<void> = Promise.resolve();
  const relay = new Relay({
    feed: wrap(store.openFeed()),
    sink: {
      publishEvents: async (events) => {
        await kafkaAnswers;
        published.push(...events);
      },
      publishRejections: async () => undefined,
    },
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (details) => errors.push(details),
    },
    sleep: clock.sleep,
    clock: clock.read,
    eventsPerReadMax,
    onLag: (events) => lags.push(events),
  });
  const silence = (): (() => void) => {
    let answer: () => void = () => undefined;
    kafkaAnswers = new Promise((resolve) => {
      answer = resolve;
    });
    return () => answer();
  };
  let minted = 0;
  const create = (key: string) =>
    store.log.transact({ offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] }, ({ now }) => {
      minted += 1;
      const commandId = `00000000-0000-7000-8000-${String(minted).padStart(12, '0')}` as CommandId;
      const timerId = mintTimerId(now, slotOf('n', key), new Uint8Array(9).fill(minted));
      const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' };
      const decision = decide(
        null,
        { type: 'CreateTimer', commandId, timerId, namespace: 'n', key, timer },
        now,
      );
      if (!decision.ok) throw new Error(decision.rejection.message);
      const events = decision.events.map((event, i) => ({ version: i + 1, commandId, event, meta: {} }));
      const after = events.reduce<ReturnType<typeof evolve>>(evolve, null);
      return {
        streams: [{ before: null, after, events, emission: null }],
        rejections: [],
        emission: null,
        emitted: [],
        unchanged: [],
      };
    });
  const stop = new AbortController();
  const running = relay.run(stop.signal);
  const end = async () => {
    stop.abort();
    await clock.advance(2_000);
    await running;
  };
  return { clock, store, relay, published, lags, errors, silence, create, end };
}

describe('the relay', () => {
  it('publishes what is logged, once, in the order of each partition', async () => {
    const { clock, relay, published, create, end } = setUp();
    relay.want(partitions);
    for (let i = 0; i < 20; i += 1) await create(`k-${i}`);
    await clock.advance(1_000);
    expect(published).toHaveLength(20);
    for (const partition of partitions) {
      const positions = published
        .filter((event) => event.partition === partition)
        .map(({ position }) => position);
      expect(positions).toEqual(positions.map((_, i) => BigInt(i + 1)));
    }
    await end();
  });

  it('reads at most every 20 ms under a steady load, and at once after a pause', async () => {
    const { clock, relay, published, create, end } = setUp(100);
    const createMany = async (prefix: string, count: number) => {
      for (let i = 0; i < count; i += 1) await create(`${prefix}-${i}`);
      relay.nudge();
    };
    relay.want(partitions);
    await clock.advance(1_000);
    await createMany('first', 1);
    await clock.advance(1);
    expect(published).toHaveLength(1);
    await createMany('second', 12);
    await clock.advance(15);
    expect(published).toHaveLength(1);
    await clock.advance(5);
    expect(published).toHaveLength(13);
    await clock.advance(1_000);
    await createMany('third', 1);
    await clock.advance(1);
    expect(published).toHaveLength(14);
    await end();
  });

  it('reads beside a holder that has stood still for seconds with events before it, not beside one that has nothing to do', async () => {
    const { clock, store, relay, published, create, end } = setUp();
    const frozen = store.openFeed();
    await frozen.hold(partitions);
    relay.want(partitions);
    await clock.advance(10_000);
    expect(relay.positions.size).toBe(0);
    await create('k');
    await clock.advance(2_000);
    await clock.advance(6_000);
    expect(published).toHaveLength(1);
    // the frozen one wakes with what it had read: its mark is not moved
    const { partition = 0 } = published[0] ?? {};
    expect(await frozen.advance([{ partition, from: 0n, to: 1n }])).toEqual(new Set());
    await end();
  });

  it('goes on beside a frozen holder without a pause, until that one moves its mark', async () => {
    const { clock, store, relay, published, create, end } = setUp();
    const frozen = store.openFeed();
    await frozen.hold(partitions);
    relay.want(partitions);
    for (let i = 0; i < 20; i += 1) await create(`k-${i}`);
    await clock.advance(4_000);
    expect(relay.positions.size).toBe(4);
    for (let i = 1; i <= 100; i += 1) {
      // now and then nothing happens for longer than it is asked after
      await clock.advance(i % 40 === 0 ? 2_000 : 100);
      await create(`later-${i}`);
      await clock.advance(100);
      expect(published).toHaveLength(20 + i);
    }
    for (let i = 0; i < 20; i += 1) await create(`seen-by-both-${i}`);
    const marks = await frozen.checkpoints(partitions);
    const heads = await frozen.heads(partitions);
    const moves = partitions.map((partition) => ({
      partition,
      from: marks.get(partition) ?? 0n,
      to: heads.get(partition) ?? 0n,
    }));
    expect((await frozen.advance(moves)).size).toBe(4);
    await clock.advance(500);
    expect(relay.positions.size).toBe(0);
    const repeated = published.length;
    await create('the holder is awake');
    await clock.advance(2_000);
    expect(published).toHaveLength(repeated);
    await end();
  });

  it('keeps snapshots out of the feed, and goes on after them', async () => {
    const { clock, store, relay, published, create, end } = setUp();
    await create('k');
    const [event] = store.tables.logs.flatMap(({ events }) => events);
    if (event === undefined) throw new Error('nothing was logged');
    const { timerId } = event;
    const wanted = { offsets: [], targets: [{ timerId }], commandIds: [], due: [], dueElsewhere: [] };
    await store.log.transact(wanted, ({ byId, now }) => {
      const before = byId.get(timerId) ?? null;
      const decision = decide(before, { type: 'SnapshotTimer', commandId: null }, now);
      const events = (decision.ok ? decision.events : []).map((each) => ({
        version: 2,
        commandId: null,
        event: each,
        meta: {},
      }));
      const after = events.reduce(evolve, before);
      return {
        streams: [{ before, after, events, emission: null }],
        rejections: [],
        unchanged: [],
        emission: null,
        emitted: [],
      };
    });
    relay.want(partitions);
    await clock.advance(1_000);
    expect(published.map(({ type }) => type)).toEqual(['TimerCreated']);
    expect(relay.positions.get(event.partition)).toBe(2n);
    await end();
  });

  it('passes no gap over: that partition stands before it, and goes on once it is mended', async () => {
    let missing: { partition: number; position: bigint } | null = null;
    const { clock, relay, published, lags, errors, create, end } = setUp(100, (feed) => {
      const readAfter: LogFeed['readAfter'] = async (...args) =>
        (await feed.readAfter(...args)).filter(
          ({ partition, position }) => partition !== missing?.partition || position !== missing.position,
        );
      return new Proxy(feed, {
        get: (target, name: keyof LogFeed) => (name === 'readAfter' ? readAfter : target[name].bind(target)),
      });
    });
    for (let i = 0; i < 40; i += 1) await create(`k-${i}`);
    missing = { partition: 1, position: 3n };
    relay.want(partitions);
    await clock.advance(5_000);
    const of = (wanted: number) => published.filter(({ partition }) => partition === wanted);
    expect(of(1).map(({ position }) => position)).toEqual([1n, 2n]);
    expect(errors).toEqual([{ partition: 1, after: '2', next: '4' }]);
    const others = published.length - 2;
    expect(lags.at(-1)).toBe(40 - 2 - others);
    await clock.advance(20_000);
    expect(errors.length).toBeGreaterThan(1);
    expect(published.length).toBe(2 + others);
    await create('k-40');
    missing = null;
    await clock.advance(12_000);
    expect(published).toHaveLength(41);
    for (const partition of partitions)
      expect(of(partition).map(({ position }) => position)).toEqual(
        of(partition).map((_, i) => BigInt(i + 1)),
      );
    expect(lags.at(-1)).toBe(0);
    await end();
  });

  it('tells how much is committed and not published', async () => {
    const { clock, relay, published, lags, silence, create, end } = setUp();
    relay.want(partitions);
    await clock.advance(1_000);
    const answer = silence();
    for (let i = 0; i < 20; i += 1) await create(`k-${i}`);
    await clock.advance(1_000);
    answer();
    await clock.advance(300);
    expect(Math.max(...lags)).toBe(20 - 8);
    await clock.advance(1_000);
    expect(published).toHaveLength(20);
    expect(lags.at(-1)).toBe(0);
    await end();
  });
});
