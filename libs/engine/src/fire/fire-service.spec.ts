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
import { type EmissionId, type TimerLog, TransientLogError } from '../index.js';
import type { Emission } from './emission.js';
import { FireService } from './fire-service.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const allSlots = Array.from({ length: 256 }, (_, slot) => slot);

function setUp(wrap: (log: TimerLog) => TimerLog = (log) => log) {
  const clock = new ManualClock();
  const store = new InMemoryTimerStore({ partitions: 4, now: () => clock.now() as EpochMs });
  const emitted: Emission[] = [];
  const broker = { isUp: true };
  let minted = 0;
  const uuid = () => `00000000-0000-7000-8000-${String(++minted).padStart(12, '0')}`;
  const fire = new FireService({
    log: wrap(store.log),
    index: store.due,
    timer: { decide, evolve },
    mint: { eventId: () => uuid() as EventId, emissionId: () => uuid() as EmissionId, slotOf: slotOfTimerId },
    sink: {
      emit: async (emissions) => {
        if (!broker.isUp) throw new Error('no broker');
        emitted.push(...emissions);
      },
    },
    logger: silent,
    clock: clock.read,
    sleep: clock.sleep,
    onFatal: (error) => {
      throw error;
    },
  });
  const stop = new AbortController();
  const running = fire.run(stop.signal);
  const create = async (key: string, timer: Partial<TimerInput> = {}): Promise<TimerId> => {
    const timerId = mintTimerId(clock.now(), slotOf('n', key), new Uint8Array(9).fill(minted++ % 256));
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
  return { clock, store, fire, emitted, broker, create, end };
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
    expect(await store.due.claimPendingEmissions(0, 1, 10)).toEqual([]);
    await end();
  });

  it('decides a timer once though the feed armed it anew while it waited for its transaction', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isFirst = true;
    const requested: number[] = [];
    const { clock, fire, emitted, create, end } = setUp((log) => ({
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
      transact: async (request, decideAll) => {
        requested.push(request.due.length + request.dueElsewhere.length);
        if (isFirst) {
          isFirst = false;
          await gate;
        }
        return log.transact(request, decideAll);
      },
    }));
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
    const { clock, store, fire, emitted, create, end } = setUp((log) => ({
      stateAt: (timerId, version) => log.stateAt(timerId, version),
      storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
      transact: (request, decideAll) =>
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
    }));
    const bad = await create('bad');
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => create(key)));
    await fire.own(allSlots);
    await clock.advance(1_100);
    expect(emitted.map(({ state }) => state.spec.key).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect((await store.log.stateAt(bad, 2))?.fault).toBe('cannot be written');
    await end();
  });
});
