import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { CommandWire, DueEvent } from '#contract';
import type { EventId, TimerId } from '#timer';
import { HandBack, type HookHandler, LeaveOpen, RetryLater } from './handler.js';
import { HookRun, machineClock } from './hook-run.js';
import { LowestUnfinished } from './lowest-unfinished.js';
import { answersUnderWayMax, TimerQueues } from './timer-queues.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const due = (
  timer: string,
  version: number,
  event = `${timer}-e`,
  attempt = 1,
  ackTimeoutMs = 30_000,
): DueEvent => ({
  eventId: event as EventId,
  attempt,
  timer: { id: timer as TimerId, namespace: 'n', key: timer, hookClass: 'h', tags: [], version },
  scheduledFor: '2026-11-24T10:00:00.000Z',
  startedAt: '2026-11-24T10:00:00.000Z',
  ackTimeoutMs,
});

function setUp(
  handle: HookHandler,
  parallelism = 2,
  acknowledged = Promise.resolve(),
  hasRoom: (sent: number) => boolean = () => true,
) {
  const sent: CommandWire[] = [];
  const done: string[] = [];
  const queues = new TimerQueues(parallelism, () => hasRoom(sent.length));
  const send = async (command: CommandWire): Promise<void> => {
    sent.push(command);
    await acknowledged;
  };
  const runOf = (kind: 'due' | 'ask', event: DueEvent) =>
    new HookRun(
      { ok: true, kind, event },
      { handle },
      { send, log: silent, worker: 'w', clock: machineClock },
    );
  const add = (event: DueEvent, kind: 'due' | 'ask' = 'due') =>
    queues.add(
      { kind, event },
      () => runOf(kind, event),
      (end) => done.push(end.kind === 'let-go' ? `${event.eventId} let-go` : event.eventId),
    );
  return { sent, queues, add, done };
}

describe('events of a worker', () => {
  it('run side by side across timers up to the bound, and in order within one', async () => {
    const log: string[] = [];
    const gates = new Map<string, () => void>();
    const { add, queues } = setUp((event) => {
      log.push(`start ${event.eventId}`);
      return new Promise<void>((resolve) =>
        gates.set(event.eventId, () => resolve(log.push(`end ${event.eventId}`) as never)),
      );
    });
    for (const event of [due('a', 1, 'a1'), due('b', 1, 'b1'), due('c', 1, 'c1')]) add(event);
    expect(log).toEqual(['start a1', 'start b1']);
    gates.get('a1')?.();
    gates.delete('a1');
    await expect.poll(() => log).toContain('start c1');
    for (const gate of gates.values()) gate();
    await queues.drain(1_000);
    expect(log.filter((line) => line.startsWith('end')).sort()).toEqual(['end a1', 'end b1', 'end c1']);
  });

  it('make room for others when they are handled, before Kafka has their answers', async () => {
    const handled: string[] = [];
    const kafka = Promise.withResolvers<void>();
    const { add, queues, done } = setUp((event) => void handled.push(event.eventId), 1, kafka.promise);
    for (const event of [due('a', 1, 'a1'), due('b', 1, 'b1'), due('c', 1, 'c1')]) add(event);
    await expect.poll(() => handled).toEqual(['a1', 'b1', 'c1']);
    expect(done).toEqual([]);
    kafka.resolve();
    await expect.poll(() => done).toEqual(['a1', 'b1', 'c1']);
    await queues.drain(1_000);
  });

  it('wait while too many answers are on their way', async () => {
    const handled: string[] = [];
    const kafka = Promise.withResolvers<void>();
    const { add, queues, done, sent } = setUp((event) => void handled.push(event.eventId), 3, kafka.promise);
    const most = answersUnderWayMax + 3;
    const count = most + 10;
    for (let i = 0; i < count; i += 1) add(due(`t${i}`, 1));
    await expect.poll(() => sent).toHaveLength(most);
    expect(handled).toHaveLength(most);
    kafka.resolve();
    await expect.poll(() => done).toHaveLength(count);
    await queues.drain(1_000);
  });

  it('wait while what is to be sent leaves no room, and one at a time goes on even then', async () => {
    const handled: string[] = [];
    const kafka = Promise.withResolvers<void>();
    const handle: HookHandler = (event) => void handled.push(event.eventId);
    const { add, queues, done } = setUp(handle, 8, kafka.promise, (sent) => sent < 2);
    // each is handled and its answer handed over before the next one comes
    for (const id of ['a', 'b', 'c', 'd']) {
      add(due(id, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(handled).toEqual(['a-e', 'b-e']);
    kafka.resolve();
    await expect.poll(() => done).toEqual(['a-e', 'b-e', 'c-e', 'd-e']);
    await queues.drain(1_000);
  });

  it('drop a repeat of the same event and attempt, though its version has moved on', () => {
    const { add } = setUp(() => undefined);
    expect(add(due('a', 3, 'e', 1))).toBe(true);
    expect(add(due('a', 3, 'e', 1))).toBe(false);
    expect(add(due('a', 5, 'e', 1))).toBe(false);
    expect(add(due('a', 6, 'e', 2))).toBe(true);
    expect(add(due('a', 4, 'older'))).toBe(false);
    expect(add(due('a', 9, 'newer'))).toBe(true);
  });

  describe('that nobody has claimed', () => {
    const offered = (version: number, attempt = 1): DueEvent => ({
      ...due('a', version, 'e', attempt),
      unclaimed: true,
    });

    it('are handled each time they are offered, as long as what was made of the last offer came to nothing', async () => {
      const attempts: number[] = [];
      const { add, queues, done } = setUp(({ attempt }) => {
        attempts.push(attempt);
        throw new LeaveOpen();
      });
      for (const version of [2, 3, 5]) {
        expect(add(offered(version))).toBe(true);
        await expect.poll(() => done).toHaveLength(attempts.length);
      }
      expect(add(offered(6, 2))).toBe(true);
      expect(attempts).toEqual([1, 1, 1, 2]);
      await queues.drain(1_000);
    });

    it('are repeats while an offer is under way, whose handler goes on, and when they were sent again', async () => {
      const gate = Promise.withResolvers<void>();
      const signals: AbortSignal[] = [];
      const { add, queues, done } = setUp((_event, { signal }) => {
        signals.push(signal);
        return gate.promise;
      });
      expect(add(offered(2))).toBe(true);
      expect(add(offered(3))).toBe(false);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
      gate.resolve();
      await expect.poll(() => done).toEqual(['e']);
      expect(add(offered(2))).toBe(false);
      // claimed by now: what is sent of it is no offer
      expect(add(due('a', 4, 'e', 1))).toBe(false);
      expect(add(offered(3))).toBe(true);
      expect(add(offered(3))).toBe(false);
      await queues.drain(1_000);
    });

    it('are repeats of a former attempt, however late they come', async () => {
      const { add, queues } = setUp(() => undefined);
      expect(add(offered(5, 2))).toBe(true);
      await queues.drain(1_000);
      expect(add(offered(6, 1))).toBe(false);
    });
  });

  it('that have not begun are let go of in the moment the worker stops: whoever reads on gets them', async () => {
    const end = Promise.withResolvers<void>();
    const { add, queues, done } = setUp(() => end.promise, 1);
    add(due('a', 1, 'a1'));
    add(due('b', 1, 'b1'));
    const drained = queues.drain(1_000);
    expect(done).toEqual(['b1 let-go']);
    end.resolve();
    await drained;
    expect(done).toEqual(['b1 let-go', 'a1']);
  });

  it('that run when the wait is over are handed back, without an attempt that counts', async () => {
    const { add, queues, sent } = setUp(({ timer }, { signal }) => {
      const ended = Promise.withResolvers<void>();
      if (timer.key === 'heeds') signal.addEventListener('abort', () => ended.resolve());
      return ended.promise;
    });
    add(due('heeds', 1, 'a1'));
    add(due('goes on', 1, 'b1'));
    await queues.drain(0);
    const back = { type: 'RetryEvent', handBack: true };
    expect(sent).toEqual([
      expect.objectContaining({ ...back, eventId: 'a1' }),
      // not beside its handler: that one has its ack timeout to end in
      expect.objectContaining({ ...back, eventId: 'b1', after: '30000ms' }),
    ]);
    expect(sent[0]).not.toHaveProperty('after');
  });

  it('whose answer is on its way are not handed back', async () => {
    const { add, queues, sent } = setUp(() => undefined, 2, new Promise(() => undefined));
    add(due('a', 1, 'a1'));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    await queues.drain(0);
    expect(sent).toMatchObject([{ type: 'CloseEvent' }]);
  });

  it('take a question before its event', () => {
    const { add } = setUp(() => undefined);
    expect(add(due('a', 3, 'e', 1), 'ask')).toBe(true);
    expect(add(due('a', 4, 'e', 2), 'ask')).toBe(true);
    expect(add(due('a', 5, 'e', 1), 'due')).toBe(true);
    expect(add(due('a', 5, 'e', 2), 'ask')).toBe(false);
  });

  it('of a later attempt stop the former one, whose answer is not sent, and run after it', async () => {
    const signals: AbortSignal[] = [];
    const { add, queues, sent } = setUp(async (event, { signal }) => {
      signals.push(signal);
      if (event.attempt === 1)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    });
    add(due('a', 2, 'e', 1));
    add(due('a', 3, 'e', 2));
    await expect.poll(() => sent).toHaveLength(1);
    await queues.drain(1_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(sent).toMatchObject([{ type: 'CloseEvent', attempt: 2 }]);
  });
});

describe('an answer', () => {
  const answered = async (handle: HookHandler): Promise<CommandWire[]> => {
    const { add, queues, sent } = setUp(handle);
    add(due('a', 1, 'e'));
    await queues.drain(1_000);
    return sent;
  };
  it('is a close for a return, with what was returned', async () => {
    expect(await answered(() => ({ summaryData: 's', watermark: null }))).toMatchObject([
      { type: 'CloseEvent', eventId: 'e', attempt: 1, summaryData: 's', watermark: null },
    ]);
    expect(await answered(() => 'whatever')).toMatchObject([{ type: 'CloseEvent' }]);
  });
  it('is a retry for a throw, when the handler says for RetryLater, and nothing for LeaveOpen', async () => {
    expect(await answered(() => Promise.reject(new Error('no')))).toMatchObject([
      { type: 'RetryEvent', error: 'no' },
    ]);
    expect(await answered(() => Promise.reject(new RetryLater({ after: '1h' }, 'd')))).toMatchObject([
      { type: 'RetryEvent', after: '1h', data: 'd' },
    ]);
    expect(await answered(() => Promise.reject(new LeaveOpen()))).toEqual([]);
  });
  it('is a retry that counts no attempt for HandBack, at once or when it says', async () => {
    const [atOnce] = await answered(() => Promise.reject(new HandBack('no room')));
    expect(atOnce).toMatchObject({ type: 'RetryEvent', handBack: true, error: 'handed back: no room' });
    expect(atOnce).not.toHaveProperty('after');
    expect(await answered(() => Promise.reject(new HandBack('no room', '5s')))).toMatchObject([
      { type: 'RetryEvent', handBack: true, after: '5s' },
    ]);
  });
  it('has the same command id when it is sent again, another for another attempt', async () => {
    const [first] = await answered(() => undefined);
    const [again] = await answered(() => undefined);
    expect(again?.id).toBe(first?.id);
    expect(first?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('the ack deadline', () => {
  it('is moved by a heartbeat every third of it, and stops the handler when none arrives', async () => {
    vi.useFakeTimers();
    try {
      const sent: string[] = [];
      let isUp = true;
      const run = new HookRun(
        { ok: true, kind: 'due', event: due('a', 1, 'e', 1, 3_000) },
        {
          handle: (_event, { signal }) =>
            new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
        },
        {
          send: async ({ type }) => {
            if (!isUp) throw new Error('no broker');
            sent.push(type);
          },
          log: silent,
          worker: 'w',
          clock: machineClock,
        },
      );
      const running = run.run();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(sent).toEqual(Array.from({ length: 10 }, () => 'HeartbeatEvent'));
      expect(run.isAborted).toBe(false);
      isUp = false;
      await vi.advanceTimersByTimeAsync(3_100);
      expect(run.isAborted).toBe(true);
      await running;
      expect(sent).not.toContain('CloseEvent');
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes back the heartbeats that Kafka has not taken until then, and not the answer', async () => {
    vi.useFakeTimers();
    try {
      const unwanted = new Map<string, (AbortSignal | undefined)[]>();
      const handled = Promise.withResolvers<void>();
      const runOf = (id: string) =>
        new HookRun(
          { ok: true, kind: 'due', event: due(id, 1, 'e', 1, 3_000) },
          { handle: () => handled.promise },
          {
            send: ({ type }, _traceparent, signal) => {
              unwanted.set(type, [...(unwanted.get(type) ?? []), signal]);
              return new Promise<void>((_, reject) =>
                signal?.addEventListener('abort', () => reject(signal.reason)),
              );
            },
            log: silent,
            worker: 'w',
            clock: machineClock,
          },
        );
      const late = runOf('late').run();
      await vi.advanceTimersByTimeAsync(2_500);
      const beats = unwanted.get('HeartbeatEvent') ?? [];
      expect(beats.map((signal) => signal?.aborted)).toEqual([false, false]);
      await vi.advanceTimersByTimeAsync(500);
      expect(beats.map((signal) => signal?.aborted)).toEqual([true, true]);
      handled.resolve();
      await late;
      void runOf('in time').run();
      await vi.advanceTimersByTimeAsync(0);
      expect(unwanted.get('CloseEvent')).toEqual([undefined]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('offsets', () => {
  it('move up to the lowest that is not finished, whatever finishes first and whatever begins meanwhile', () => {
    const step = fc.oneof(fc.constant('begin' as const), fc.nat({ max: 1_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const progress = new LowestUnfinished();
        const open: bigint[] = [];
        let next = 100n;
        for (const what of steps) {
          if (what === 'begin') {
            progress.begin(next);
            open.push(next);
            next += 1n;
          } else if (open.length > 0) {
            const [gone] = open.splice(what % open.length, 1);
            progress.finish(gone ?? 0n);
            // not asked each time: it may look for the lowest, and what is begun before it did counts as well
            if (what % 2 === 0) continue;
          }
          expect(progress.position()).toBe(next === 100n ? null : (open[0] ?? next));
        }
        expect(progress.isIdle).toBe(open.length === 0);
      }),
    );
  });

  it('do not move over what is under way from a former reading, and it is not begun again', () => {
    const progress = new LowestUnfinished();
    for (const offset of [10n, 11n]) expect(progress.begin(offset)).toBe(true);
    progress.beginAnew();
    expect([progress.position(), progress.isIdle]).toEqual([null, false]);
    // 9 was answered here, but that was not committed
    expect([9n, 10n, 11n].map((offset) => progress.begin(offset))).toEqual([true, false, false]);
    progress.finish(9n);
    expect(progress.position()).toBe(10n);
    progress.letGo(11n);
    expect(progress.handOverPosition()).toBe(11n);
    progress.finish(10n);
    expect(progress.position()).toBe(11n);
  });

  it('of what was let go of before it was read again say nothing of where others begin', () => {
    const progress = new LowestUnfinished();
    for (const offset of [10n, 11n]) progress.begin(offset);
    progress.beginAnew();
    progress.letGo(11n);
    expect(progress.handOverPosition()).toBeNull();
    progress.finish(10n);
    expect(progress.isIdle).toBe(true);
  });

  it('of what runs are passed over when others read on, and those of what was let go of are not', () => {
    const progress = new LowestUnfinished();
    expect(progress.handOverPosition()).toBeNull();
    for (const offset of [1n, 2n, 3n, 4n]) progress.begin(offset);
    expect(progress.handOverPosition()).toBe(5n);
    progress.letGo(3n);
    expect(progress.handOverPosition()).toBe(3n);
    // 4 runs, and whoever begins at 3 would run it a second time
    expect(progress.mayHandOver).toBe(false);
    progress.finish(4n);
    expect(progress.mayHandOver).toBe(true);
  });
});
