import { describe, expect, it } from 'vitest';
import type { CommandWire, Reply, TimerRecord } from '#contract';
import type { Rejection } from '#timer';
import { createsInFlightMax } from './create-window.js';
import { noReads } from './http/http-reads.js';
import {
  ApiNotConfiguredError,
  CommandRejectedError,
  EventOpenError,
  InvalidSpecError,
  OutcomeNotToldError,
  TimerCalls,
  VersionNotMatchError,
} from './index.js';
import type { TimerPorts } from './ports.js';
import type { NewTimer } from './timers.js';

const timer = (version: number) => ({ id: 't', key: 'k', version }) as unknown as TimerRecord;
const refusal = (code: Rejection['code']): Reply => ({ ok: false, code, message: code });
const conflict = refusal('version-not-match');

function setUp(replies: readonly Reply[], versions: readonly number[] | null = []) {
  const asked: CommandWire[] = [];
  const pauses: number[] = [];
  const read: unknown[] = [];
  const ports: TimerPorts = {
    namespace: 'shop',
    timeoutMs: 1_000,
    commands: {
      ask: async (command) => {
        asked.push(command);
        return replies[asked.length - 1] ?? { ok: true, timer: timer(1) };
      },
    },
    reads: {
      ...noReads,
      ...(versions !== null && {
        timer: async (ref: unknown, options: { readonly version?: number }) => {
          read.push(options.version === undefined ? ref : { ref, version: options.version });
          return timer(versions[read.length - 1] ?? 0);
        },
      }),
    },
    sleep: async (ms, signal) => {
      pauses.push(ms);
      signal?.throwIfAborted();
    },
  };
  return { timers: new TimerCalls(ports), asked, pauses, read };
}

it('a limit that is no number is refused, and not sent as none', async () => {
  const { timers, asked } = setUp([]);
  const schedule = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '5s' } as const;
  for (const maxFires of [Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(timers.updateTimer({ key: 'k' }, { maxFires })).rejects.toThrow(InvalidSpecError);
    await expect(timers.createTimer({ key: 'k', ...schedule, maxFires })).rejects.toThrow(InvalidSpecError);
  }
  expect(asked).toEqual([]);
  await timers.updateTimer({ key: 'k' }, { maxFires: null });
  expect(asked).toMatchObject([{ set: { maxFires: null } }]);
});

describe('a manual trigger', () => {
  it('that meets another version reads the timer again and tries anew, with the same request id', async () => {
    const { timers, asked, pauses, read } = setUp([conflict, conflict], [4, 6]);
    const requestId = await timers.manualTriggerEvent({ key: 'k' }, { check: { version: 3 }, timeout: '1m' });
    expect(asked).toMatchObject([
      {
        type: 'TriggerTimer',
        id: requestId,
        requestId,
        namespace: 'shop',
        timeout: '1m',
        check: { version: 3 },
      },
      { requestId, check: { version: 4 } },
      { requestId, check: { version: 6 } },
    ]);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(3);
    expect(pauses).toEqual([1_000, 2_000]);
    expect(read).toEqual([
      { namespace: 'shop', key: 'k' },
      { namespace: 'shop', key: 'k' },
    ]);
  });

  it('gives up after five tries, with the conflict', async () => {
    const { timers, asked, pauses } = setUp(Array(9).fill(conflict), [4, 5, 6, 7]);
    const triggered = timers.manualTriggerEvent({ key: 'k' }, { check: { version: 3 } });
    await expect(triggered).rejects.toThrow(VersionNotMatchError);
    expect(asked.length).toBe(5);
    expect(pauses).toEqual([1_000, 2_000, 3_000, 4_000]);
  });

  it('that is refused for another reason stops at once', async () => {
    const { timers, asked } = setUp([conflict, refusal('event-open')], [4]);
    await expect(timers.manualTriggerEvent({ key: 'k' }, { check: { version: 3 } })).rejects.toThrow(
      EventOpenError,
    );
    expect(asked.length).toBe(2);
  });

  it('without a check is decided on the timer as it is, by one command', async () => {
    const { timers, asked, read } = setUp([]);
    await timers.manualTriggerEvent({ timerId: 't' });
    expect(asked.length).toBe(1);
    expect(asked[0]).not.toHaveProperty('check');
    expect(read).toEqual([]);
  });

  it('tells the conflict where timers cannot be read, and the reason of its signal while it waits', async () => {
    const blind = setUp([conflict], null);
    await expect(blind.timers.manualTriggerEvent({ key: 'k' }, { check: { version: 3 } })).rejects.toThrow(
      VersionNotMatchError,
    );
    const abort = new AbortController();
    const stopped = setUp([conflict], [4]);
    abort.abort(new Error('enough'));
    await expect(stopped.timers.manualTriggerEvent({ key: 'k' }, { signal: abort.signal })).rejects.toThrow(
      'enough',
    );
    await expect(blind.timers.getTimerById('t')).rejects.toThrow(ApiNotConfiguredError);
  });
});

describe('a deletion', () => {
  it('is true of a timer that was there, false of one that was not, and an error for any other refusal', async () => {
    const { timers } = setUp([
      { ok: true, timer: timer(1) },
      refusal('timer-not-exist'),
      refusal('version-not-match'),
    ]);
    expect(await timers.deleteTimer({ key: 'k' })).toBe(true);
    expect(await timers.deleteTimer({ key: 'k' })).toBe(false);
    await expect(timers.deleteTimer({ key: 'k' }, { check: { version: 9 } })).rejects.toThrow(
      VersionNotMatchError,
    );
  });
});

describe('a batch of creates', () => {
  const batch = (count: number): NewTimer[] =>
    Array.from({ length: count }, (_, n) => ({
      key: `k${n}`,
      schedPolicyType: 'ONCE',
      schedPolicyExpr: '1h',
    }));

  /** Calls that wait until `answers` of theirs is called, by their keys. */
  function setUpWaiting() {
    const answers = new Map<string, (reply: Reply) => void>();
    const asked: string[] = [];
    const ports: TimerPorts = {
      namespace: 'shop',
      timeoutMs: 1_000,
      commands: {
        ask: (command, { signal }) =>
          new Promise((resolve, reject) => {
            const { key = '' } = command as { readonly key?: string };
            asked.push(key);
            answers.set(key, resolve);
            signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          }),
      },
      reads: noReads,
      sleep: () => Promise.resolve(),
    };
    return { timers: new TimerCalls(ports), asked, answers };
  }
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('has so many calls in flight, begins the next as one ends, and tells the outcomes in the order given', async () => {
    const { timers, asked, answers } = setUpWaiting();
    const count = createsInFlightMax + 3;
    const made = timers.createTimers(batch(count));
    await turn();
    expect(asked.length).toBe(createsInFlightMax);

    // the first is still under way when the last ones begin
    answers.get('k1')?.(refusal('timer-exists'));
    answers.get('k7')?.({ ok: true, timer: timer(7) });
    await turn();
    expect(asked.slice(createsInFlightMax)).toEqual([`k${createsInFlightMax}`, `k${createsInFlightMax + 1}`]);
    answers.get('k3')?.({ ok: true, timer: timer(3) });
    await turn();
    for (const [key, answer] of answers) answer({ ok: true, timer: timer(Number(key.slice(1))) });

    const outcomes = await made;
    expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { code: 'timer-exists' } });
    expect(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.version)).toEqual(
      Array.from({ length: count }, (_, n) => n !== 1 && n),
    );
  });

  it('has fewer in flight where a timer is large', async () => {
    const { timers, asked, answers } = setUpWaiting();
    const data = 'x'.repeat(256 * 1024);
    const made = timers.createTimers(batch(100).map((timer) => ({ ...timer, data })));
    await turn();
    expect(asked.length).toBe(64);
    while (asked.length < 100 || answers.size > 0) {
      for (const [key, answer] of answers) {
        answers.delete(key);
        answer({ ok: true, timer: timer(1) });
      }
      await turn();
    }
    expect((await made).every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('tells each that a signal ended its reason, and begins no other', async () => {
    const { timers, asked, answers } = setUpWaiting();
    const abort = new AbortController();
    const made = timers.createTimers(batch(createsInFlightMax + 2), { signal: abort.signal });
    await turn();
    answers.get('k0')?.({ ok: true, timer: timer(1) });
    await turn();
    expect(asked.length).toBe(createsInFlightMax + 1);
    abort.abort(new Error('enough'));
    const [first, ...others] = await made;
    expect(first?.status).toBe('fulfilled');
    expect(others.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)).toEqual(
      Array(createsInFlightMax + 1).fill('enough'),
    );
    expect(asked.length).toBe(createsInFlightMax + 1);
  });
});

describe('every call', () => {
  it('names its timer by the namespace of the client, another one, or an id', async () => {
    const { timers, asked } = setUp([]);
    expect(timers.getDefaultNamespace()).toBe('shop');
    await timers.pauseTimer({ key: 'a' });
    await timers.pauseTimer({ namespace: 'other', key: 'a' });
    await timers.claimEvent({ timerId: 't' }, { eventId: 'e', worker: 'w' }, { commandId: 'c' });
    expect(asked).toEqual([
      { type: 'PauseTimer', id: expect.any(String), namespace: 'shop', key: 'a' },
      { type: 'PauseTimer', id: expect.any(String), namespace: 'other', key: 'a' },
      { type: 'ClaimEvent', id: 'c', timerId: 't', eventId: 'e', worker: 'w' },
    ]);
  });

  it('throws what was refused as the error of its code', async () => {
    const { timers } = setUp([{ ok: false, code: 'invalid-spec', message: 'no', field: 'timeZone' }]);
    const refused = timers.createTimer({ key: 'k', schedPolicyType: 'ONCE', schedPolicyExpr: '1s' });
    await expect(refused).rejects.toThrow(CommandRejectedError);
    await expect(refused).rejects.toMatchObject({ code: 'invalid-spec', field: 'timeZone' });
  });
});

describe('a call that was applied before, and is told of by id and version alone', () => {
  const partial: Reply = { ok: true, timer: { id: 't', version: 3 } };

  it('answers the timer as of that version, by a read', async () => {
    const { timers, read } = setUp([partial], [3]);
    expect(await timers.pauseTimer({ key: 'k' })).toEqual(timer(3));
    expect(read).toEqual([{ ref: { timerId: 't' }, version: 3 }]);
  });

  it('throws that it cannot tell, rather than a part of a timer as a whole one', async () => {
    const { timers } = setUp([partial], null);
    const told = await timers.pauseTimer({ key: 'k' }).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(OutcomeNotToldError);
    expect(told).toMatchObject({ timerId: 't', version: 3, cause: expect.any(ApiNotConfiguredError) });
  });

  it('is not read where its outcome is no timer', async () => {
    const { timers, read } = setUp([partial, partial, partial]);
    expect(await timers.deleteTimer({ key: 'k' })).toBe(true);
    await timers.manualTriggerEvent({ key: 'k' });
    await timers.releaseLease({ key: 'k' }, { holder: 'h', token: 1 });
    expect(read).toEqual([]);
  });
});
