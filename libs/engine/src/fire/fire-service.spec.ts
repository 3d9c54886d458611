import { describe, expect, it } from 'vitest';
import { InMemoryTimerStore, ManualClock } from '#testing';
import {
  type CommandId,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  mintTimerId,
  slotOf,
  slotOfTimerId,
  type TimerId,
  type TimerInput,
} from '#timer';
import { type DueIndex, type EmissionId, type TimerLog, TransientLogError } from '../index.js';
import { type Emission, EmissionRefused } from './emission.js';
import { defaultFireLimits } from './fire-limits.js';
import type { Takeover } from './fire-observer.js';
import { FireService } from './fire-service.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const spawn = { timer: { hookClass: 'work' }, overlap: 'allow' } as const;
const allSlots = Array.from({ length: 256 }, (_, slot) => slot);

/** The log, but for how it transacts. */
const transacting =
  (
    transact: (log: TimerLog, ...call: Parameters<TimerLog['transact']>) => ReturnType<TimerLog['transact']>,
  ) =>
  (log: TimerLog): TimerLog => ({
    stateAt: (timerId, version) => log.stateAt(timerId, version),
    storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
    transact: (request, decideAll) => transact(log, request, decideAll),
  });

function setUp(
  wrap: (log: TimerLog) => TimerLog = (log) => log,
  limits = defaultFireLimits,
  wrapIndex: (index: DueIndex, clock: ManualClock) => DueIndex = (index) => index,
) {
  const clock = new ManualClock();
  const store = new InMemoryTimerStore({ partitions: 4, now: () => clock.now() as EpochMs });
  const emitted: Emission[] = [];
  const takeovers: Takeover[] = [];
  const broker: { isUp: boolean; refused?: string; isRemembered?: true; takesMs: number } = {
    isUp: true,
    takesMs: 0,
  };
  let minted = 0;
  const uuid = () => `00000000-0000-7000-8000-${String(++minted).padStart(12, '0')}`;
  const fire = new FireService({
    log: wrap(store.log),
    index: wrapIndex(store.due, clock),
    timer: { decide, evolve },
    mint: {
      eventId: () => uuid() as EventId,
      emissionId: () => uuid() as EmissionId,
      slotOf: slotOfTimerId,
      timerId: (slot) => mintTimerId(clock.now(), slot, new Uint8Array(9).fill(minted++ % 256)),
    },
    sink: {
      emit: async (emissions) => {
        if (!broker.isUp) throw new Error('no broker');
        if (broker.takesMs > 0) await clock.sleep(broker.takesMs);
        const isRefused = ({ state }: Emission) => state.spec.hookClass === broker.refused;
        emitted.push(...emissions.filter((emission) => !isRefused(emission)));
        const refused = emissions.filter(isRefused);
        const { isRemembered = false } = broker;
        if (refused.length > 0) throw new EmissionRefused('topic refused', refused, { isRemembered });
      },
    },
    logger: silent,
    clock: clock.read,
    sleep: clock.sleep,
    onFatal: (error) => {
      throw error;
    },
    limits,
    observer: { tookOver: (takeover) => takeovers.push(takeover) },
  });
  const stop = new AbortController();
  const running = fire.run(stop.signal);
  const create = async (key: string, timer: Partial<TimerInput> = {}): Promise<TimerId> => {
    minted += 1;
    const random = Uint8Array.from({ length: 9 }, (_, byte) => Math.floor(minted / 256 ** (byte % 4)) % 256);
    const timerId = mintTimerId(clock.now(), slotOf('n', key), random);
    await store.log.transact(
      { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] },
      ({ now }) => {
        const commandId = uuid() as CommandId;
        const input = { schedPolicyType: 'ONCE', schedPolicyExpr: '1s', hookClass: 'h', ...timer };
        const decision = decide(
          null,
          { type: 'CreateTimer', commandId, timerId, namespace: 'n', key, timer: input },
          now,
        );
        if (!decision.ok) throw new Error(decision.rejection.message);
        let after = null as ReturnType<typeof evolve>;
        const events = decision.events.map((event, i) => {
          const write = { version: i + 1, commandId, event, meta: {} };
          after = evolve(after, write);
          return write;
        });
        return {
          streams: [{ before: null, after, events, emission: null }],
          rejections: [],
          emission: null,
          emitted: [],
          unchanged: [],
        };
      },
    );
    return timerId;
  };
  const end = async () => {
    stop.abort();
    await clock.advance(1_000);
    await running;
  };
  return { clock, store, fire, emitted, takeovers, broker, create, end };
}

/** What was not read before takes its time, and a read that takes too long is ended; what it has fetched is in memory then. */
function onDisk(
  index: DueIndex,
  disk: { rowMs: number; cutOffMs: number; cutOff: number },
  sleep: ManualClock['sleep'],
): DueIndex {
  const inMemory = new Set<TimerId>();
  return {
    now: () => index.now(),
    overdue: (...args) => index.overdue(...args),
    claimPendingEmissions: (...args) => index.claimPendingEmissions(...args),
    postponeEmission: (...args) => index.postponeEmission(...args),
    armedUntil: async (...args) => {
      const answer = await index.armedUntil(...args);
      const cold = answer.timers.map(({ timerId }) => timerId).filter((timerId) => !inMemory.has(timerId));
      const fetched = cold.slice(0, disk.cutOffMs / disk.rowMs);
      for (const timerId of fetched) inMemory.add(timerId);
      await sleep(fetched.length * disk.rowMs);
      if (fetched.length === cold.length) return answer;
      disk.cutOff += 1;
      throw new TransientLogError('cut off');
    },
  };
}

/** A hundred timers a second, from two seconds on for half a minute. */
async function setUpOnDisk() {
  const disk = { rowMs: 1, cutOffMs: 2_000, cutOff: 0 };
  const stage = setUp(undefined, undefined, (index, { sleep }) => onDisk(index, disk, sleep));
  const [count, fromMs, everyMs] = [3_000, 2_000, 10];
  for (let n = 0; n < count; n += 1)
    await stage.create(`t${n}`, { schedPolicyExpr: `${fromMs + n * everyMs}ms`, ackTimeout: '1h' });
  const due = (ms: number): number => Math.max(0, Math.min(count, Math.floor((ms - fromMs) / everyMs) + 1));
  return { ...stage, disk, due };
}

describe('firing', () => {
  it('emits what is due at its time, not before, and leaves no debt', async () => {
    const { clock, store, fire, emitted, create, end } = setUp();
    await create('a');
    await create('b', { schedPolicyExpr: '2s' });
    await fire.own(allSlots);
    await clock.advance(999);
    expect(emitted).toEqual([]);
    await clock.advance(1);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['a']);
    await clock.advance(1_000);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['a', 'b']);
    await clock.advance(20);
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
    await end();
  });

  it('fires at its time what it hears of while it waits for something later', async () => {
    const { clock, fire, emitted, create, end } = setUp();
    await fire.own(allSlots);
    await clock.advance(260);
    const id = await create('a', { schedPolicyExpr: '20ms' });
    fire.follow(id, slotOfTimerId(id), 1, (clock.now() + 20) as EpochMs);
    await clock.advance(19);
    expect(emitted).toEqual([]);
    await clock.advance(1);
    expect(emitted).toHaveLength(1);
    await end();
  });

  it('tells what it took over, and how late that was', async () => {
    const { clock, fire, takeovers, create, end } = setUp();
    const id = await create('a', { schedPolicyExpr: '1s' });
    await create('b', { schedPolicyExpr: '90s' });
    await clock.advance(4_000);
    await fire.own(allSlots);
    // what is not due within the window is not read
    expect(takeovers).toMatchObject([{ slots: 256, rows: 1, latenessMs: 3_000 }]);
    await fire.own([slotOfTimerId(id)]);
    expect(takeovers).toHaveLength(1);
    await fire.own([...new Set([slotOfTimerId(id), slotOf('n', 'b')])]);
    expect(takeovers[1]).toMatchObject({ slots: 1, rows: 0, latenessMs: 0 });
    await end();
  });

  it('fires what it had to let go from memory as punctually as what it kept', async () => {
    const armedMax = 4;
    const { clock, fire, emitted, create, end } = setUp(undefined, { ...defaultFireLimits, armedMax });
    await fire.own(allSlots);
    const timers = 40;
    // the latest first: each newcomer drives one out that is due after it
    for (let n = timers; n >= 1; n -= 1) {
      const id = await create(`t${n}`, { schedPolicyExpr: `${n}s`, ackTimeout: '1h' });
      fire.follow(id, slotOfTimerId(id), 1, (clock.now() + n * 1_000) as EpochMs);
      expect(fire.armed).toBeLessThanOrEqual(armedMax);
    }
    for (let n = 1; n <= timers; n += 1) {
      await clock.advance(999);
      expect(emitted).toHaveLength(n - 1);
      await clock.advance(1);
      expect(emitted.map(({ state }) => state.spec.key).at(-1)).toBe(`t${n}`);
      expect(fire.armed).toBeLessThanOrEqual(armedMax);
    }
    await end();
  });

  it('decides a timer once though the feed armed it anew while it waited for its transaction', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isFirst = true;
    const requested: number[] = [];
    const { clock, fire, emitted, create, end } = setUp(
      transacting(async (log, request, decideAll) => {
        requested.push(request.due.length + request.dueElsewhere.length);
        if (isFirst) {
          isFirst = false;
          await gate;
        }
        return log.transact(request, decideAll);
      }),
    );
    const first = await create('first', { schedPolicyExpr: '1s' });
    const second = await create('second', { schedPolicyExpr: '1100ms' });
    await fire.own(allSlots);
    await clock.advance(1_000);
    await clock.advance(100);
    // `second` waits now; the feed reports it again, and it is due at once
    fire.follow(second, slotOfTimerId(second), 1, clock.now() as EpochMs);
    await clock.advance(300);
    release();
    await clock.advance(300);
    expect(emitted.map(({ state }) => state.id).sort()).toEqual([first, second].sort());
    expect(Math.max(...requested)).toBe(1);
    await end();
  });

  it('takes everything that falls due during one transaction into the next, and nothing once it stops', async () => {
    const taken: number[] = [];
    const { clock, broker, create, fire, end } = setUp(
      transacting(async (log, request, decideAll) => {
        if (request.due.length > 0) taken.push(request.due.length);
        await clock.sleep(10);
        return log.transact(request, decideAll);
      }),
    );
    broker.takesMs = 3;
    for (const ms of [1_000, 1_002, 1_004, 1_006, 1_021, 1_022])
      await create(`t${ms}`, { schedPolicyExpr: `${ms}ms` });
    await fire.own(allSlots);
    for (let ms = 0; ms < 1_015; ms += 1) await clock.advance(1);
    await end();
    expect(taken).toEqual([1, 3]);
  });

  it('forgets what Kafka has acknowledged with what fires next, or soon by itself', async () => {
    const transactions: { due: number; emitted: number }[] = [];
    const { clock, create, fire, end } = setUp(
      transacting((log, request, decideAll) =>
        log.transact(request, (loaded) => {
          const writes = decideAll(loaded);
          transactions.push({ due: request.due.length, emitted: writes.emitted.length });
          return writes;
        }),
      ),
    );
    for (const ms of [1_000, 1_010]) await create(`t${ms}`, { schedPolicyExpr: `${ms}ms` });
    await fire.own(allSlots);
    await clock.advance(1_000);
    await clock.advance(10);
    await clock.advance(19);
    expect(transactions).toEqual([
      { due: 1, emitted: 0 },
      { due: 1, emitted: 1 },
    ]);
    await clock.advance(1);
    expect(transactions.slice(2)).toEqual([{ due: 0, emitted: 1 }]);
    await end();
  });

  it('forgets at its end what Kafka has acknowledged and no transaction has taken along', async () => {
    const { clock, store, create, fire, end } = setUp();
    await create('a');
    await fire.own(allSlots);
    await clock.advance(1_000);
    await end();
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
  });

  it('sends again what Kafka has acknowledged if that could not be written', async () => {
    let failures = 0;
    const { clock, store, create, fire, emitted, end } = setUp(
      transacting((log, request, decideAll) => {
        // what is only acknowledged names no timer
        if (request.due.length > 0 || failures > 0) return log.transact(request, decideAll);
        failures += 1;
        throw new Error('cannot be written');
      }),
    );
    await create('a');
    await fire.own(allSlots);
    await clock.advance(1_000);
    await clock.advance(20);
    expect(failures).toBe(1);
    await clock.advance(1_000);
    expect(await fire.resendPending(500)).toBe(1);
    expect(emitted.map(({ state }) => state.open)).toEqual([emitted[0]?.state.open, emitted[0]?.state.open]);
    await clock.advance(500);
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
    await end();
  });

  it('ends though the database does not answer, and leaves what it owes to others', async () => {
    let isAway = false;
    const { clock, store, create, fire, emitted, end } = setUp(
      transacting(async (log, request, decideAll) => {
        if (isAway) throw new TransientLogError('no database');
        return log.transact(request, decideAll);
      }),
    );
    await create('a');
    await fire.own(allSlots);
    await clock.advance(1_000);
    expect(emitted).toHaveLength(1);
    isAway = true;
    await end();
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toHaveLength(1);
  });

  it('looks again at a deadline that came while its emission was still owed, as soon as it is not', async () => {
    const { clock, create, fire, emitted, end } = setUp();
    await create('a', { ackTimeout: '10ms', retry: { maxAttempts: 2 } });
    await fire.own(allSlots);
    await clock.advance(1_000);
    await clock.advance(9);
    expect(emitted.map(({ state }) => state.open?.attempt)).toEqual([1]);
    await clock.advance(1);
    expect(emitted.map(({ state }) => state.open?.attempt)).toEqual([1, 2]);
    await end();
  });

  it('sends nothing again that Kafka has acknowledged, while a busy database keeps it as owed', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { clock, store, fire, emitted, create, end } = setUp(
      transacting(async (log, request, decideAll) => {
        // what is only acknowledged names no timer
        if (request.due.length === 0) await gate;
        return log.transact(request, decideAll);
      }),
    );
    await create('a');
    await fire.own(allSlots);
    await clock.advance(1_000);
    expect(emitted).toHaveLength(1);
    await clock.advance(2_000);
    expect(await fire.resendPending(500)).toBe(0);
    expect(emitted).toHaveLength(1);
    release();
    await clock.advance(1_000);
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
    await end();
  });

  it('waits while Kafka is silent, uses up no attempt, and sends the same event when it answers', async () => {
    const { clock, store, fire, emitted, broker, create, end } = setUp();
    const id = await create('a', { ackTimeout: '2s', retry: { maxAttempts: 2 } });
    await fire.own(allSlots);
    broker.isUp = false;
    await clock.advance(1_000);
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(1_000);
      await fire.resendPending(500);
      await fire.sweep();
    }
    expect(emitted).toEqual([]);
    broker.isUp = true;
    await clock.advance(1_000);
    await fire.resendPending(500);
    await clock.advance(50);
    expect(emitted).toHaveLength(1);
    expect(emitted[0]?.state.open).toMatchObject({ attempt: 1, phase: 'delivered' });
    // the deadline counts from the acknowledgement
    const extended = await store.log.stateAt(id, 3);
    expect(extended?.nextFireAt).toBeGreaterThanOrEqual(clock.now() + 1_900);
    await end();
  });

  it('goes on firing for other hook classes while the topic of one is refused, and owes its events', async () => {
    const { clock, store, fire, emitted, broker, create, end } = setUp();
    broker.refused = 'bad';
    await create('a', { hookClass: 'bad' });
    await create('b', { schedPolicyExpr: '2s' });
    await fire.own(allSlots);
    await clock.advance(1_000);
    expect(emitted).toEqual([]);
    await clock.advance(999);
    expect(await fire.resendPending(500)).toBe(0);
    delete broker.refused;
    await clock.advance(1);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['b']);
    expect(await fire.resendPending(500)).toBe(1);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['b', 'a']);
    await clock.advance(500);
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
    await end();
  });

  it('sends what is refused again after a second, and then after twice as long each time, up to half a minute', async () => {
    const { clock, fire, broker, create, end } = setUp();
    broker.refused = 'bad';
    await create('a', { hookClass: 'bad' });
    await fire.own(allSlots);
    await clock.advance(1_000);
    const askedAfterS: number[] = [];
    for (let s = 1; s <= 100; s += 1) {
      await clock.advance(1_000);
      if ((await fire.resendPending(500)) > 0) askedAfterS.push(s);
    }
    expect(askedAfterS).toEqual([1, 2, 4, 8, 16, 32, 62, 92]);
    await end();
  });

  it('tries the events of one hook class again while another that fell due in the same transaction is refused', async () => {
    const { clock, store, fire, emitted, broker, create, end } = setUp();
    const retry = { maxAttempts: 3, backoff: 'fixed', min: '100ms', max: '100ms', jitter: false } as const;
    broker.refused = 'bad';
    const bad = await create('a', { hookClass: 'bad', ackTimeout: '2s', retry });
    await create('b', { ackTimeout: '2s', retry });
    await fire.own(allSlots);
    for (let n = 0; n < 80; n += 1) {
      await clock.advance(100);
      if (n % 10 === 9) await fire.resendPending(5_000);
    }
    expect(emitted.map(({ state, kind }) => [state.spec.key, kind, state.open?.attempt])).toEqual([
      ['b', 'due', 1],
      ['b', 'due', 2],
      ['b', 'due', 3],
      ['b', 'dead', undefined],
    ]);
    expect(await fire.sweep()).toBe(0);
    // nothing of it is lost, and no attempt is used up
    delete broker.refused;
    await clock.advance(30_000);
    expect(await fire.resendPending(5_000)).toBe(1);
    expect(emitted.at(-1)?.state).toMatchObject({ id: bad, open: { attempt: 1, phase: 'delivered' } });
    await clock.advance(1_900);
    expect(emitted).toHaveLength(5);
    await clock.advance(200);
    expect(emitted.at(-1)?.state).toMatchObject({ id: bad, open: { attempt: 2 } });
    await clock.advance(500);
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
    await end();
  });

  it('comes to what Kafka takes at once when it answers again, however much it refuses comes before', async () => {
    const { clock, fire, emitted, broker, create, end } = setUp();
    broker.refused = 'bad';
    await create('a', { hookClass: 'bad' });
    await create('c', { hookClass: 'bad', schedPolicyExpr: '2s' });
    await create('d', { hookClass: 'bad', schedPolicyExpr: '3s' });
    await create('b', { schedPolicyExpr: '4s' });
    await fire.own(allSlots);
    for (let n = 0; n < 40; n += 1) {
      broker.isUp = n < 35;
      await clock.advance(100);
    }
    expect(emitted).toEqual([]);
    // by now what was refused may be asked for again, before what Kafka never heard of
    await clock.advance(28_500);
    await fire.resendPending(5_000);
    broker.isUp = true;
    await clock.advance(5_000);
    await fire.resendPending(5_000);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['b']);
    await end();
  });

  /** Three rows that Kafka refuses are owed, and it did not answer for the last of them. `b` falls due at ten seconds. */
  async function owingRefused() {
    const stage = setUp();
    const { clock, fire, broker, create } = stage;
    broker.refused = 'bad';
    await create('a', { hookClass: 'bad' });
    await create('c', { hookClass: 'bad', schedPolicyExpr: '2s' });
    await create('d', { hookClass: 'bad', schedPolicyExpr: '3s' });
    const b = await create('b', { schedPolicyExpr: '10s', ackTimeout: '1h' });
    await fire.own(allSlots);
    for (let n = 0; n < 30; n += 1) {
      broker.isUp = n < 25;
      await clock.advance(100);
    }
    // by now all of them may be asked for again
    await clock.advance(60_000);
    broker.isUp = true;
    return { ...stage, b };
  }

  it('goes on firing when all that it owes is refused, though asking for it takes longer than it rests', async () => {
    const { clock, fire, emitted, broker, end } = await owingRefused();
    broker.takesMs = defaultFireLimits.refusedRestMaxMs / 2;
    const resending = fire.resendPending(5_000);
    for (let n = 0; n < 12; n += 1) await clock.advance(broker.takesMs);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['b']);
    broker.takesMs = 0;
    await clock.advance(30_000);
    await resending;
    await end();
  });

  it('takes no refusal from memory for a Kafka that answers', async () => {
    const { clock, store, fire, broker, b, end } = await owingRefused();
    broker.isRemembered = true;
    broker.takesMs = 1_000;
    const resending = fire.resendPending(60_000);
    await clock.advance(1_000);
    await clock.advance(500);
    expect(await store.log.stateAt(b, 2)).toBeNull();
    // it asks the next one
    delete broker.isRemembered;
    await clock.advance(500);
    await clock.advance(500);
    expect(await store.log.stateAt(b, 2)).not.toBeNull();
    await clock.advance(2_000);
    await resending;
    await end();
  });

  it('has one outbox row a transaction, however many hook classes fall due in it', async () => {
    const rows: number[] = [];
    const { clock, fire, create, end } = setUp(
      transacting((log, request, decideAll) =>
        log.transact(request, (loaded) => {
          const writes = decideAll(loaded);
          if (writes.emission !== null) rows.push(writes.emission.entries.length);
          return writes;
        }),
      ),
    );
    for (const hookClass of ['x', 'y', 'z']) await create(hookClass, { hookClass });
    await fire.own(allSlots);
    await clock.advance(1_100);
    expect(rows).toEqual([3]);
    await end();
  });

  it('does not look again at deadlines of a refused topic when others are acknowledged', async () => {
    let loads = 0;
    const { clock, fire, emitted, broker, create, end } = setUp(
      transacting((log, request, decideAll) => {
        loads += request.due.length;
        return log.transact(request, decideAll);
      }),
    );
    broker.refused = 'bad';
    await create('a', { hookClass: 'bad', ackTimeout: '500ms' });
    for (const n of [3, 4, 5]) await create(`b${n}`, { schedPolicyExpr: `${n}s` });
    await fire.own(allSlots);
    for (let n = 0; n < 60; n += 1) await clock.advance(100);
    expect(emitted).toHaveLength(3);
    // its trigger and its deadline, and the three others
    expect(loads).toBe(5);
    await end();
  });

  it('makes one child a tick, in the transaction of the tick, and fires it at once', async () => {
    const { clock, store, fire, emitted, create, end } = setUp();
    await create('p', { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1s', hookClass: '', spawn });
    await fire.own(allSlots);
    await clock.advance(2_500);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['p:1', 'p:2', 'p:3']);
    const child = emitted[0]?.state;
    expect(child?.spec).toMatchObject({ hookClass: 'work', parent: { key: 'p', n: 1 } });
    expect(slotOfTimerId(child?.id as TimerId)).toBe(slotOf('n', 'p:1'));
    expect((await store.log.stateAt(child?.id as TimerId, 1))?.open).toBeNull();
    await end();
  });

  it('gives a child another name when somebody has the one that it would have', async () => {
    const { clock, fire, emitted, create, end } = setUp();
    await create('p:1', { schedPolicyExpr: '1h' });
    await create('p', { schedPolicyExpr: '1s', hookClass: '', spawn });
    await fire.own(allSlots);
    await clock.advance(1_500);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual([expect.stringMatching(/^p:1~[0-9a-f]{12}$/)]);
    await end();
  });

  it('makes a child once when a commit was not heard of', async () => {
    const { clock, store, fire, emitted, create, end } = setUp();
    await create('p', { schedPolicyExpr: '1s', hookClass: '', spawn });
    await fire.own(allSlots);
    store.log.failNext({ when: 'after-commit', error: new TransientLogError('cut off') });
    await clock.advance(1_100);
    await fire.sweep(0);
    await clock.advance(100);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['p:1']);
    await end();
  });

  it('takes over what another owner has left overdue', async () => {
    const { clock, fire, emitted, create, end } = setUp();
    await create('orphan');
    await clock.advance(1_500);
    expect(await fire.sweep()).toBe(0);
    await clock.advance(1_000);
    expect(await fire.sweep()).toBe(1);
    await clock.advance(10);
    expect(emitted.map(({ state }) => state.spec.key)).toEqual(['orphan']);
    await end();
  });

  it('sweeps what it has in memory for another time, by an older version: the feed is behind', async () => {
    const { clock, fire, emitted, create, end } = setUp();
    await fire.own(allSlots);
    const id = await create('a');
    fire.follow(id, slotOfTimerId(id), 0, (clock.now() + 30_000) as EpochMs);
    await clock.advance(2_001);
    expect(await fire.sweep()).toBe(1);
    await clock.advance(50);
    expect(emitted).toHaveLength(1);
    await end();
  });

  it('tries again when nothing was written', async () => {
    const { clock, store, fire, emitted, create, end } = setUp();
    await create('a');
    await fire.own(allSlots);
    store.log.failNext({ when: 'before-commit', error: new TransientLogError('cut off') });
    await clock.advance(1_100);
    expect(emitted).toHaveLength(1);
    await end();
  });

  it('marks the one timer whose own data fails its batch, and fires the others', async () => {
    const { clock, store, fire, emitted, create, end } = setUp(
      transacting((log, request, decideAll) =>
        log.transact(request, (loaded) => {
          const writes = decideAll(loaded);
          if (
            writes.streams.some(
              ({ after, events }) => after?.spec.key === 'bad' && events[0]?.event.type === 'EventTriggered',
            )
          )
            throw new Error('cannot be written');
          return writes;
        }),
      ),
    );
    const bad = await create('bad');
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => create(key)));
    await fire.own(allSlots);
    await clock.advance(1_100);
    expect(emitted.map(({ state }) => state.spec.key).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect((await store.log.stateAt(bad, 2))?.fault).toBe('cannot be written');
    await end();
  });

  it('takes over from a disk that gives a timer a millisecond, what is due first, first', async () => {
    const { clock, fire, disk, emitted, due, end } = await setUpOnDisk();
    const owned = fire.own(allSlots);
    for (let ms = 100; ms <= 32_000; ms += 100) {
      await clock.advance(100);
      expect(emitted).toHaveLength(due(ms));
    }
    await owned;
    expect(disk.cutOff).toBe(0);
    await end();
  });

  it('misses nothing where shares are dealt out anew between such reads, and while one is under way', async () => {
    const { clock, fire, emitted, due, end } = await setUpOnDisk();
    const owned: Promise<void>[] = [];
    for (let ms = 100; ms <= 32_000; ms += 100) {
      if (ms < 4_000 && ms % 300 === 0) {
        fire.unfollow();
        owned.push(fire.own(allSlots.slice(0, ms % 600 === 0 ? 128 : 256)));
      }
      await clock.advance(100);
      // what it let go and took again is a little late
      if (ms > 8_000) expect(emitted).toHaveLength(due(ms));
    }
    await Promise.all(owned);
    await end();
  });

  it('tells a takeover when all of it is read, in however many reads, and with it what the one before had left', async () => {
    const { clock, fire, takeovers, end } = await setUpOnDisk();
    const former = fire.own(allSlots.slice(0, 128));
    await clock.advance(400);
    // its first read is under way, and more are to come
    const owned = fire.own(allSlots);
    for (let ms = 0; ms < 32_000 && takeovers.length === 0; ms += 100) await clock.advance(100);
    await Promise.all([former, owned]);
    expect(takeovers).toMatchObject([{ slots: 256, latenessMs: 0 }]);
    const [{ rows, loadMs } = { rows: 0, loadMs: 0 }] = takeovers;
    // a millisecond each, but for what the first read had fetched and what had fired by then
    expect(rows).toBeGreaterThan(2_500);
    expect(rows).toBeLessThanOrEqual(3_000);
    expect(loadMs).toBeGreaterThanOrEqual(rows);
    await clock.advance(32_000);
    expect(takeovers).toHaveLength(1);
    await end();
  });

  it('fires a moment of more timers than are held in memory, without the sweep', async () => {
    const limits = { ...defaultFireLimits, armedMax: 300 };
    const { clock, fire, emitted, create, end } = setUp(undefined, limits);
    for (let n = 0; n < 1_200; n += 1) await create(`t${n}`);
    await fire.own(allSlots);
    await clock.advance(1_000);
    for (let turn = 0; turn < 60; turn += 1) await clock.advance(100);
    expect(emitted).toHaveLength(1_200);
    await end();
  });
});

describe('a deadline that came long before its emission was acknowledged', () => {
  type Act = (fire: FireService, timerId: TimerId, now: number) => void | Promise<void>;
  const tellNext =
    (afterMs: number | null): Act =>
    (fire, timerId, now) =>
      fire.follow(timerId, slotOfTimerId(timerId), 3, afterMs === null ? null : ((now + afterMs) as EpochMs));
  const loseSlot: Act = (fire, timerId) =>
    fire.own(allSlots.filter((slot) => slot !== slotOfTimerId(timerId)));

  it.each<{ outcome: string; meanwhile: Act; attempts: number[] }>([
    { outcome: 'is looked at again as soon as it is', meanwhile: () => undefined, attempts: [1, 2] },
    {
      outcome: 'is left alone if the feed told of its end meanwhile',
      meanwhile: tellNext(null),
      attempts: [1],
    },
    {
      outcome: 'is left alone if the feed told of a far moment meanwhile',
      meanwhile: tellNext(3_600_000),
      attempts: [1],
    },
    { outcome: 'is left alone if its slot was lost meanwhile', meanwhile: loseSlot, attempts: [1] },
  ])('$outcome', async ({ meanwhile, attempts }) => {
    const { clock, fire, emitted, broker, create, end } = setUp();
    broker.takesMs = 100;
    const id = await create('a', { ackTimeout: '10ms', retry: { maxAttempts: 2 } });
    await fire.own(allSlots);
    await clock.advance(1_050);
    await meanwhile(fire, id, clock.now());
    await clock.advance(240);
    expect(emitted.map(({ state }) => state.open?.attempt)).toEqual(attempts);
    await end();
  });
});
