import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseLostError } from '#client';
import { memoryCluster } from '../../../../test/harness/memory-cluster.js';
import { InvalidKeyError } from '../names.js';
import { LockLostError, MutexNotLockedError } from './errors.js';
import { Gate } from './gate.js';
import type { LeaseCalls } from './held-lease.js';
import { Mutex } from './mutex.js';

const none = () => undefined;

/** Processes on one log; the feed is heard by all of them at once. */
function setUp() {
  const { clock, timers, quiet } = memoryCluster();
  const gates: Gate[] = [];
  const tell = (type: string, body: object = {}) => {
    for (const gate of gates) gate.hear({ type, recordKey: 'default/mutex/m', body: () => ({ ...body }) });
  };
  const process = (over: Partial<LeaseCalls> = {}, key = 'm') => {
    const own: LeaseCalls = {
      acquireLease: (...args) => timers.acquireLease(...args),
      renewLease: (...args) => timers.renewLease(...args),
      releaseLease: async (...args) => {
        await timers.releaseLease(...args);
        tell('LeaseReleased', { holder: args[1].holder });
      },
      ...over,
    };
    const gate = new Gate(key, { timers: own, log: quiet, isListening: () => true });
    gates.push(gate);
    return { mutex: (ttl = '3s') => new Mutex(key, gate, none, { ttl }) };
  };
  /** Both clocks: the database's and the process's. */
  const pass = async (ms: number) => {
    for (let step = 0; step < ms; step += 100) {
      await clock.advance(Math.min(100, ms - step));
      await vi.advanceTimersByTimeAsync(Math.min(100, ms - step));
    }
  };
  return { timers, clock, process, pass, tell };
}

describe('a mutex', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('has one holder, whoever asks, and a token that rises', async () => {
    const { process } = setUp();
    const [a, b] = [process().mutex(), process().mutex()];
    const first = await a.lock();
    expect(await b.tryLock()).toBeNull();
    expect(await a.tryLock()).toBeNull();
    await first.unlock();
    const second = await b.tryLock();
    expect(second?.token).toBeGreaterThan(first.token);
    await second?.unlock();
  });

  it('tries a release that fails at once again, with a pause, until the lease has ended by itself', async () => {
    const { process, pass } = setUp();
    let tries = 0;
    const releaseLease = async () => {
      tries += 1;
      throw new Error('too much waits for Kafka');
    };
    const lock = await process({ releaseLease }).mutex('3s').lock();
    const released = lock.unlock();
    await pass(3_000);
    await released;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThanOrEqual(20);
  });

  it('wakes who waits in another process when it is released', async () => {
    const { process, pass } = setUp();
    const [a, b] = [process().mutex(), process().mutex()];
    const first = await a.lock();
    let got = 0;
    const waiting = b.lock().then((lock) => {
      got = lock.token;
      return lock;
    });
    await pass(200);
    expect(got).toBe(0);
    await first.unlock();
    await waiting;
    expect(got).toBeGreaterThan(first.token);
  });

  /** How often the lock is asked for while another process holds it for ten seconds, and once it is free. */
  const askedFor = async (aheadMs: number, ttl = '1m') => {
    const { process, pass, timers, clock } = setUp();
    vi.setSystemTime(clock.now() + aheadMs);
    const first = await process().mutex(ttl).lock();
    let asked = 0;
    const waiter = process({
      acquireLease: (...args) => {
        asked += 1;
        return timers.acquireLease(...args);
      },
    });
    const waiting = waiter.mutex(ttl).lock();
    await pass(10_000);
    const whileHeld = asked;
    await first.unlock();
    await waiting;
    return [whileHeld, asked];
  };
  it('is not asked for again while somebody has it: who waits is woken, and does not poll', async () =>
    expect(await askedFor(0)).toEqual([1, 2]));
  it('is held, and waited for in peace, for longer than a timer of Node can be', async () =>
    expect(await askedFor(0, '30d')).toEqual([1, 2]));
  it('is asked for four times a second at most by a process whose clock runs ahead', async () =>
    expect((await askedFor(3_600_000))[0]).toBeLessThanOrEqual(41));

  it('does not hold up one of another name', async () => {
    const { process } = setUp();
    await process().mutex().lock();
    expect((await process({}, 'n').mutex().lock()).isHeld).toBe(true);
  });

  it('is not entered twice, and is first come, first served within a process', async () => {
    const { process } = setUp();
    const { mutex } = process();
    const order: number[] = [];
    const held = await mutex().lock();
    const waiters = [1, 2, 3].map(async (n) => {
      const lock = await mutex().lock();
      order.push(n);
      await lock.unlock();
    });
    await held.unlock();
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
  });

  it('stays held for as long as it is renewed', async () => {
    const { process, pass } = setUp();
    const [a, b] = [process().mutex(), process().mutex()];
    const lock = await a.lock();
    await pass(20_000);
    expect(lock.isHeld).toBe(true);
    expect(lock.signal.aborted).toBe(false);
    expect(await b.tryLock()).toBeNull();
    await lock.unlock();
  });

  it('goes to another one when its holder is gone, at the end of its time', async () => {
    const { process, pass } = setUp();
    const gone = process({ renewLease: () => new Promise(none) }).mutex();
    await gone.lock();
    const waiting = process().mutex().lock();
    await pass(3_300);
    expect((await waiting).isHeld).toBe(true);
  });

  it('tells a holder that cannot renew before another one can have it', async () => {
    const { process, pass, timers } = setUp();
    const cutOff = process({ renewLease: async () => Promise.reject(new Error('no broker')) }).mutex();
    const lock = await cutOff.lock();
    await pass(2_600);
    expect(lock.signal.aborted).toBe(false);
    await pass(200);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    // by the database it is still held for a moment
    expect(await process().mutex().tryLock()).toBeNull();
    expect((await timers.getTimerByKey('mutex/m')).lease?.token).toBe(lock.token);
    await expect(lock.unlock()).rejects.toThrow(LockLostError);
  });

  /** Renewals of a lease of 15 s, so many of them without an answer. */
  const renewedAfter = async (unanswered: number) => {
    const { process, pass, timers } = setUp();
    const asked: { atMs: number; timeoutMs: number }[] = [];
    const startMs = performance.now();
    const mutex = process({
      renewLease: (ref, lease, options) => {
        const timeoutMs = options?.timeoutMs ?? 0;
        asked.push({ atMs: performance.now() - startMs, timeoutMs });
        if (asked.length > unanswered) return timers.renewLease(ref, lease, options);
        return new Promise((_, reject) => void setTimeout(() => reject(new Error('no answer')), timeoutMs));
      },
    }).mutex('15s');
    return { lock: await mutex.lock(), asked, pass };
  };
  it('stays held where a renewal gets no answer and the next one does', async () => {
    const { lock, pass } = await renewedAfter(1);
    await pass(20_000);
    expect(lock.isHeld).toBe(true);
    expect(lock.signal.aborted).toBe(false);
  });
  it('waits for no renewal beyond the end of its lease', async () => {
    const { lock, asked, pass } = await renewedAfter(Infinity);
    await pass(13_900);
    expect(lock.isHeld).toBe(true);
    await pass(200);
    expect(lock.signal.aborted).toBe(true);
    expect(asked).toHaveLength(2);
    for (const { atMs, timeoutMs } of asked) expect(atMs + timeoutMs).toBeLessThanOrEqual(14_000);
  });
  it('counts a renewal from when it was asked for, not from its answer', async () => {
    const { process, pass, timers } = setUp();
    let asked = 0;
    const mutex = process({
      renewLease: async (...args) => {
        asked += 1;
        if (asked > 1) throw new Error('no broker');
        const renewed = await timers.renewLease(...args);
        await new Promise((resolve) => void setTimeout(resolve, 2_000));
        return renewed;
      },
    }).mutex('15s');
    const lock = await mutex.lock();
    await pass(18_800);
    expect(lock.isHeld).toBe(true);
    await pass(400);
    expect(lock.signal.aborted).toBe(true);
  });

  it('tells a holder whose lease the scheduler knows to be over', async () => {
    const { process, pass } = setUp();
    const lost = new LeaseLostError({ code: 'lease-lost', message: 'over' });
    const lock = await process({ renewLease: async () => Promise.reject(lost) })
      .mutex()
      .lock();
    await pass(1_100);
    expect(lock.signal.aborted).toBe(true);
  });

  it('refuses the late unlock of a holder that froze, and leaves the new one alone', async () => {
    const { process, pass } = setUp();
    // frozen: neither its renewals nor its clock go on, and the database takes its release for what it is
    const frozen = process({ renewLease: () => new Promise(none) }).mutex();
    const lock = await frozen.lock();
    await pass(3_100);
    const next = await process().mutex().lock();
    await expect(lock.unlock()).rejects.toThrow(LockLostError);
    expect(lock.isHeld).toBe(false);
    await expect(frozen.unlock()).rejects.toThrow();
    expect(next.isHeld).toBe(true);
    await next.unlock();
  });

  it('a wait that is aborted ends with the reason, and holds nothing', async () => {
    const { process, pass } = setUp();
    const [a, b, c] = [process().mutex(), process().mutex(), process().mutex()];
    const held = await a.lock();
    const abort = new AbortController();
    const waiting = b.lock({ signal: abort.signal }).catch((error: unknown) => error);
    await pass(100);
    abort.abort(new Error('not wanted'));
    expect(await waiting).toMatchObject({ message: 'not wanted' });
    await expect(b.lock({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    await held.unlock();
    expect(await c.tryLock()).not.toBeNull();
  });

  it('an acquisition that was given up on in flight is given back', async () => {
    const { process, pass, timers } = setUp();
    const abort = new AbortController();
    const late = process({
      acquireLease: async (...args) => {
        await timers.acquireLease(...args);
        abort.abort(new Error('not wanted'));
        throw abort.signal.reason;
      },
    }).mutex();
    await expect(late.lock({ signal: abort.signal })).rejects.toThrow('not wanted');
    await pass(100);
    expect(await process().mutex().tryLock()).not.toBeNull();
  });

  it('ends with the reason of its signal also while it waits out a failure', async () => {
    const { process, pass } = setUp();
    const mutex = process({ acquireLease: async () => Promise.reject(new Error('no broker')) }).mutex();
    const abort = new AbortController();
    const waiting = mutex.lock({ signal: abort.signal }).catch((error: unknown) => error);
    await pass(1_000);
    abort.abort(new Error('not wanted'));
    expect(await waiting).toMatchObject({ message: 'not wanted' });
  });

  it('goes on trying while the scheduler does not answer', async () => {
    const { process, pass, timers } = setUp();
    let failures = 3;
    const mutex = process({
      acquireLease: async (...args) => {
        if (failures-- > 0) throw new Error('no broker');
        return await timers.acquireLease(...args);
      },
    }).mutex();
    const waiting = mutex.lock();
    await pass(5_000);
    expect((await waiting).isHeld).toBe(true);
  });

  it('unlock without a lock is an error, also the second time', async () => {
    const { process } = setUp();
    const mutex = process().mutex();
    await expect(mutex.unlock()).rejects.toThrow(MutexNotLockedError);
    await mutex.lock();
    expect([mutex.isLocked, mutex.token, mutex.signal?.aborted]).toEqual([true, 2, false]);
    await mutex.unlock();
    await expect(mutex.unlock()).rejects.toThrow('mutex m has not been acquired');
    expect([mutex.isLocked, mutex.token]).toEqual([false, null]);
  });

  it('is given back at the end of a block that uses it, though it was given back before', async () => {
    const { process } = setUp();
    const mutex = process().mutex();
    // what `await using` does at the end of its block; the example has the words themselves
    for (const isGivenBackBefore of [false, true]) {
      const block = new AsyncDisposableStack();
      const lock = block.use(await mutex.lock());
      expect(lock.isHeld).toBe(true);
      if (isGivenBackBefore) await lock.unlock();
      await block.disposeAsync();
    }
    expect(await process().mutex().tryLock()).not.toBeNull();
  });

  it('a key without a name and a time to live that is none are refused', () => {
    const { process } = setUp();
    const { timers, quiet } = memoryCluster();
    expect(() => new Gate('', { timers, log: quiet, isListening: () => true })).toThrow(InvalidKeyError);
    expect(() => process().mutex('0s')).toThrow(RangeError);
    expect(() => process().mutex('99ms')).toThrow(RangeError);
  });

  it('that nobody else wants is not waited for, however often it is locked', async () => {
    const { mutex } = setUp().process();
    // the clock that a wait for others would need stands still
    for (let n = 0; n < 40; n += 1) await (await mutex().lock()).unlock();
  });

  it('lets other processes in after so many hand-overs within one', async () => {
    const { process, pass } = setUp();
    const [mine, other] = [process(), process()];
    const order: string[] = [];
    const use = async (who: string, mutex: Mutex) => {
      const lock = await mutex.lock();
      order.push(who);
      await lock.unlock();
    };
    const held = await mine.mutex().lock();
    const all = Array.from({ length: 40 }, () => use('mine', mine.mutex()));
    all.push(use('other', other.mutex()));
    await pass(100);
    await held.unlock();
    await pass(2_000);
    await Promise.all(all);
    expect(order.indexOf('other')).toBeLessThanOrEqual(17);
  });
});
