import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HookHandler } from '#hooks';
import { InMemoryTimers } from '#testing';
import { eventually } from '../../../test/harness/wait.js';
import type { Close, ClosedEntity } from './closer.js';
import { Expirations } from './expirations.js';
import { ReentrantCallError } from './keyed-queue.js';
import { ClosingError, type ExpirationPolicies } from './lives.js';

const stages: { close(): Promise<unknown> }[] = [];

function setUp(close: Close = () => undefined, policies: ExpirationPolicies = {}) {
  const handlers = new Map<string, HookHandler>();
  const handle: HookHandler = (event, context) => handlers.get(event.timer.hookClass)?.(event, context);
  const timers = new InMemoryTimers({
    namespace: 'expiry',
    hooks: { 'expiry.session': handle, 'expiry.other': handle },
  });
  const idle = { start: async () => undefined, stop: async () => undefined };
  const expirations = new Expirations(policies, {
    timers,
    connection: idle,
    worker: (hookClass, handler) => {
      handlers.set(hookClass, handler);
      return idle;
    },
  });
  const closed: ClosedEntity[] = [];
  const session = expirations.closer('session', (entity, context) => {
    closed.push(entity);
    return close(entity, context);
  });
  const other = expirations.closer('other', (entity) => void closed.push(entity));
  const begun = expirations.start();
  const inMs = (ms: number): number => timers.clock.now() + ms;
  stages.push({ close: async () => Promise.all([begun.then(() => expirations.stop()), timers.close()]) });
  return { expirations, timers, session, other, closed, inMs, ids: () => closed.map(({ id }) => id) };
}
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});
const fail = (message: string) => () => Promise.reject(new Error(message));

describe('an expiration', () => {
  it('closes at its time, not at half of it, once, with the data it was given', async () => {
    const { expirations, timers, session, closed, inMs } = setUp();
    const at = inMs(1_000);
    await expirations.create('a', at, session, { data: '{"id": 9007199254740993}' });
    await timers.advance(500);
    expect(closed).toEqual([]);
    await timers.advance(500);
    expect(closed).toEqual([
      { id: 'a', data: '{"id": 9007199254740993}', expiredAt: new Date(at), attempt: 1 },
    ]);
    await timers.advance('1h');
    expect(closed).toHaveLength(1);
  });
  it('whose close could not be claimed closes when it is offered again', async () => {
    const { expirations, timers, session, closed, inMs } = setUp();
    const claiming = vi.spyOn(timers, 'claimEvent').mockRejectedValueOnce(new Error('no answer'));
    await expirations.create('a', inMs(1_000), session);
    await timers.advance('10s');
    expect([claiming.mock.calls.length, closed]).toEqual([1, []]);
    await timers.advance('30s');
    expect(closed).toMatchObject([{ id: 'a', attempt: 1 }]);
    await timers.advance('1h');
    expect(closed).toHaveLength(1);
  });
  it('updated or closed from within its own close or update is told so, and waits for nothing', async () => {
    const refused: unknown[] = [];
    const again = async (id: string) => {
      const renewed = { expiresAt: inMs(1_000), close: session };
      const calls = [
        expirations.update(id, async () => renewed),
        expirations.close(id, async () => undefined),
      ];
      for (const call of await Promise.allSettled(calls))
        refused.push(call.status === 'rejected' && call.reason);
    };
    const { expirations, timers, session, closed, inMs } = setUp(({ id }) => again(id));
    await expirations.create('a', inMs(1_000), session);
    await timers.advance(1_000);
    expect(closed).toHaveLength(1);
    await expirations.create('b', inMs(60_000), session);
    expect(await expirations.close('b', () => again('b'))).toBe(true);
    expect(refused).toEqual(Array.from({ length: 4 }, () => expect.any(ReentrantCallError)));
  });
  it('of the past closes at once', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await Promise.all([
      expirations.create('a', inMs(-5_000), session),
      expirations.create('b', inMs(0), session),
    ]);
    await timers.advance(0);
    expect(ids().sort()).toEqual(['a', 'b']);
  });
  it('made anew for an id replaces what was there: time, data and whoever held it', async () => {
    const { expirations, timers, session, closed, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session, { data: 'first' });
    await expirations.pause('a');
    await expirations.create('a', inMs(5_000), session, { data: 'second' });
    await timers.advance(4_999);
    expect(closed).toEqual([]);
    await timers.advance(1);
    expect(closed.map(({ data }) => data)).toEqual(['second']);
  });
  it('may be made anew after it has closed or was deleted, also with another closer', async () => {
    const { expirations, timers, session, other, ids, inMs } = setUp();
    await expirations.create('a', inMs(100), session);
    await timers.advance(100);
    await expirations.create('a', inMs(100), session);
    await timers.advance(100);
    await expirations.create('a', inMs(100), other);
    await expirations.delete('a');
    await expirations.create('a', inMs(100), session);
    await timers.advance(100);
    expect(ids()).toEqual(['a', 'a', 'a']);
  });
  it('fires ahead of its time where the close needs what expires', async () => {
    const { expirations, timers, session, ids, inMs } = setUp(undefined, { closeAheadMs: 300 });
    await expirations.create('a', inMs(1_000), session);
    await timers.advance(699);
    expect(ids()).toEqual([]);
    await timers.advance(1);
    expect(ids()).toEqual(['a']);
  });
  it.each(['connection', 'worker'])(
    'stops while it starts, though its %s waits for ever otherwise',
    async (waits) => {
      const waiting = Promise.withResolvers<void>();
      const steps: string[] = [];
      const part = (name: string) => ({
        start: async () => {
          steps.push(`start ${name}`);
          if (name === waits) await waiting.promise;
        },
        stop: async () => {
          steps.push(`stop ${name}`);
          if (name === waits) waiting.resolve();
        },
      });
      const timers = new InMemoryTimers({ namespace: 'expiry' });
      stages.push(timers);
      const expirations = new Expirations(
        {},
        { timers, connection: part('connection'), worker: () => part('worker') },
      );
      expirations.closer('session', () => undefined);
      const started = expirations.start();
      await eventually('it waits', () => steps.includes(`start ${waits}`));
      await expirations.stop();
      await started;
      expect(steps).toEqual(
        waits === 'connection'
          ? ['start connection', 'stop connection']
          : ['start connection', 'start worker', 'stop worker', 'stop connection'],
      );
    },
  );
  it('has an id, a time, and a closer named before the start', async () => {
    const { expirations, session } = setUp();
    await expect(expirations.create('', 0, session)).rejects.toThrow(RangeError);
    await expect(expirations.create('a', Number.NaN, session)).rejects.toThrow(RangeError);
    expect(() => expirations.closer('late', () => undefined)).toThrow('before start');
  });
});

describe('a paused expiration', () => {
  it('does not close, and closes at the same time as before when it is resumed', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    expect(await expirations.pause('a', 'u')).toEqual({ status: 'paused', token: 'u' });
    await timers.advance(500);
    expect(await expirations.resume('a', 'u')).toBe(true);
    await timers.advance(499);
    expect(ids()).toEqual([]);
    await timers.advance(1);
    expect(ids()).toEqual(['a']);
  });
  it('closes at once when its time has passed meanwhile', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    await expirations.pause('a', 'u');
    await timers.advance(5_000);
    expect(ids()).toEqual([]);
    await expirations.resume('a', 'u');
    await timers.advance(0);
    expect(ids()).toEqual(['a']);
  });
  it('held by two updates goes on when the second lets go, and never stays for ever', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    await expirations.pause('a', 'one');
    await expirations.pause('a', 'two');
    await expirations.resume('a', 'one');
    await timers.advance(5_000);
    expect(ids()).toEqual([]);
    await expirations.resume('a', 'two');
    await timers.advance(0);
    expect(ids()).toEqual(['a']);
  });
  it('whose update never ends closes when the longest pause is over', async () => {
    const { expirations, timers, session, ids, inMs } = setUp(undefined, { maxPause: '1m' });
    await expirations.create('a', inMs(1_000), session);
    await expirations.pause('a');
    await timers.advance(59_999);
    expect(ids()).toEqual([]);
    await timers.advance(1);
    expect(ids()).toEqual(['a']);
  });
  it('is let go by nobody who does not hold it; one that is unknown or closed is neither paused nor resumed', async () => {
    const { expirations, timers, session, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    expect(await expirations.resume('a')).toBe(false);
    expect(await expirations.resume('a', 'stranger')).toBe(false);
    await timers.advance(1_000);
    for (const id of ['a', 'nobody']) {
      expect(await expirations.pause(id)).toEqual({ status: 'unknown' });
      expect(await expirations.resume(id)).toBe(false);
      expect(await expirations.reset(id, inMs(1_000))).toBe(false);
      expect(await expirations.delete(id)).toBe(false);
      expect(await expirations.expire(id)).toBe(false);
    }
  });
  it('is closed by force, whatever its time', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('paused', inMs(3_600_000), session);
    await expirations.create('running', inMs(3_600_000), session);
    await expirations.pause('paused');
    expect(await Promise.all([expirations.expire('paused'), expirations.expire('running')])).toEqual([
      true,
      true,
    ]);
    await timers.advance(0);
    expect(ids().sort()).toEqual(['paused', 'running']);
  });
  it('is reset to another time, and its hold is over', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    await expirations.pause('a', 'u');
    expect(await expirations.reset('a', inMs(9_000), 'u')).toBe(true);
    await timers.advance(8_999);
    expect(ids()).toEqual([]);
    await timers.advance(1);
    expect(ids()).toEqual(['a']);
  });
  it('is deleted, running or paused, and never closes', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    await expirations.create('b', inMs(1_000), session);
    await expirations.pause('b');
    expect(await Promise.all([expirations.delete('a'), expirations.delete('b')])).toEqual([true, true]);
    expect(await expirations.delete('a')).toBe(false);
    await timers.advance('1h');
    expect(ids()).toEqual([]);
  });
});

describe('an expiration that has fired while an update runs', () => {
  /** The update is under way in this process, so the close waits behind it. */
  const duringUpdate = async (end: 'fails' | 'succeeds') => {
    const stage = setUp();
    const { expirations, timers, session, inMs } = stage;
    await expirations.create('a', inMs(1_000), session);
    const gate = Promise.withResolvers<void>();
    const update = expirations.update('a', async () => {
      await gate.promise;
      if (end === 'fails') throw new Error('no answer');
      return { expiresAt: inMs(10_000), close: session };
    });
    await timers.advance(0);
    // by force: the time of a paused one does not come
    expect(await expirations.expire('a')).toBe(true);
    await timers.advance(0);
    expect(stage.closed).toEqual([]);
    gate.resolve();
    await update.catch(() => undefined);
    await timers.advance(0);
    return stage;
  };
  it('closes right after the update has failed', async () => {
    expect((await duringUpdate('fails')).ids()).toEqual(['a']);
  });
  it('is called back by the update that succeeds, and closes at the new time', async () => {
    const { timers, ids } = await duringUpdate('succeeds');
    expect(ids()).toEqual([]);
    await timers.advance(10_000);
    expect(ids()).toEqual(['a']);
  });
});

describe('a close', () => {
  it('that fails is armed again at the same time, tried by its policy, and a renewal in between calls it back', async () => {
    let isMended = false;
    const { expirations, timers, session, closed, inMs } = setUp(() => {
      if (!isMended) throw new Error('still in use');
    });
    const expiresAt = inMs(1_000);
    await expirations.create('a', expiresAt, session);
    await timers.advance(10_000);
    expect(closed.length).toBeGreaterThan(2);
    expect(closed.map(({ attempt }) => attempt)).toEqual(closed.map((_, i) => i + 1));
    // the tries are later each time, the time that they are tries of is not
    expect(closed.map(({ expiredAt }) => expiredAt)).toEqual(closed.map(() => new Date(expiresAt)));
    const expirationTime = new Date(expiresAt).toISOString();
    expect(await timers.getTimerByKey('a')).toMatchObject({
      schedPolicyExpr: expirationTime,
      eventScheduledFor: expirationTime,
      lastError: 'still in use',
    });
    expect(await expirations.reset('a', inMs(60_000))).toBe(true);
    const before = closed.length;
    await timers.advance(59_999);
    expect(closed).toHaveLength(before);
    isMended = true;
    await timers.advance('1h');
    expect(closed).toHaveLength(before + 1);
    expect(closed.at(-1)?.attempt).toBe(1);
  });
  it('that has begun cannot be called back, and a life begun meanwhile begins after it', async () => {
    const gate = Promise.withResolvers<void>();
    const { expirations, timers, session, closed, inMs } = setUp(({ data }) =>
      data === 'old' ? gate.promise : undefined,
    );
    await expirations.create('a', inMs(100), session, { data: 'old' });
    await timers.advance(100);
    expect(await expirations.pause('a')).toEqual({ status: 'closing' });
    expect(await expirations.delete('a')).toBe(false);
    expect(await expirations.reset('a', inMs(1_000))).toBe(false);
    const anew = expirations.create('a', inMs(1_000), session, { data: 'new' });
    gate.resolve();
    await timers.advance(0);
    await anew;
    await timers.advance(1_000);
    expect(closed.map(({ data }) => data)).toEqual(['old', 'new']);
  });
  it('asked for before the time happens once, and its failure leaves the expiration as it was', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    await expirations.create('b', inMs(1_000), session);
    expect(await expirations.close('a', async () => undefined)).toBe(true);
    await expect(expirations.close('b', fail('unreachable'))).rejects.toThrow('unreachable');
    await timers.advance(1_000);
    expect(ids()).toEqual(['b']);
    expect(await expirations.close('a', fail('never called'))).toBe(false);
    expect(await expirations.close('b', fail('never called'))).toBe(false);
  });
});

describe('an update', () => {
  it('that fails leaves the time as it was; later ones keep it open as long as they come', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('a', inMs(1_000), session);
    await expect(expirations.update('a', fail('no'))).rejects.toThrow('no');
    for (let i = 0; i < 20; i += 1) {
      await timers.advance(900);
      await expirations.update('a', async () => ({ expiresAt: inMs(1_000), close: session }));
    }
    expect(ids()).toEqual([]);
    await timers.advance(1_000);
    expect(ids()).toEqual(['a']);
  });
  it('of an id that is not there yet begins its life, and one that fails leaves nothing behind', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expect(expirations.update('a', fail('no'))).rejects.toThrow('no');
    expect(await expirations.delete('a')).toBe(false);
    await expirations.update('a', async () => ({ expiresAt: inMs(100), close: session, data: 'd' }));
    await timers.advance(100);
    expect(ids()).toEqual(['a']);
  });
  it('that is a refresh is not made for what is closed', async () => {
    const { expirations, session, inMs } = setUp();
    const work = async () => ({ expiresAt: inMs(100), close: session });
    expect(await expirations.update('a', work, { refresh: true })).toBeNull();
    await expirations.create('a', inMs(100), session);
    expect(await expirations.update('a', work, { refresh: true })).not.toBeNull();
  });
  it('may give the entity another id: the old one never closes, the new one does', async () => {
    const { expirations, timers, session, ids, inMs } = setUp();
    await expirations.create('old', inMs(1_000), session);
    await expirations.update('old', async () => ({ id: 'new', expiresAt: inMs(2_000), close: session }));
    await timers.advance(10_000);
    expect(ids()).toEqual(['new']);
  });
  it('is skipped when it is not wanted any more at its turn', async () => {
    const { expirations, session, inMs } = setUp();
    const [abort, gate] = [new AbortController(), Promise.withResolvers<void>()];
    const first = expirations.update('a', async () => {
      await gate.promise;
      return { expiresAt: inMs(100), close: session };
    });
    let isCalled = false;
    const second = expirations.update(
      'a',
      async () => {
        isCalled = true;
        return { expiresAt: inMs(100), close: session };
      },
      { signal: abort.signal },
    );
    abort.abort(new Error('gone'));
    gate.resolve();
    await Promise.all([first, expect(second).rejects.toThrow('gone')]);
    expect(isCalled).toBe(false);
  });
  describe('of what another process closes', () => {
    const closing = async (policies: ExpirationPolicies = {}) => {
      const order: string[] = [];
      const gate = Promise.withResolvers<void>();
      const stage = setUp(async () => {
        await gate.promise;
        order.push('closed');
      });
      const idle = { start: async () => undefined, stop: async () => undefined };
      const { timers } = stage;
      const elsewhere = new Expirations(policies, { timers, connection: idle, worker: () => idle });
      const session = elsewhere.closer('session', () => undefined);
      await stage.expirations.create('a', stage.inMs(100), stage.session);
      await timers.advance(100);
      const pausing = vi.spyOn(timers, 'pauseTimer');
      const work = async () => {
        order.push('updated');
        return { expiresAt: stage.inMs(1_000), close: session };
      };
      const hasAsked = () => eventually('it has asked', () => pausing.mock.settledResults.length > 0);
      const end = async () => {
        gate.resolve();
        await timers.advance(0);
      };
      return { elsewhere, order, work, hasAsked, end };
    };
    it('begins when that is closed', async () => {
      const { elsewhere, order, work, hasAsked, end } = await closing();
      const updated = elsewhere.update('a', work);
      await hasAsked();
      await end();
      await updated;
      expect(order).toEqual(['closed', 'updated']);
    });
    it('is none if it is a refresh: it says so when that is closed', async () => {
      const { elsewhere, order, work, hasAsked, end } = await closing();
      const updated = elsewhere.update('a', work, { refresh: true }).then((answer) => {
        order.push('told');
        return answer;
      });
      await hasAsked();
      await end();
      expect(await updated).toBeNull();
      expect(order).toEqual(['closed', 'told']);
    });
    it('waits no longer than it may, and not for a caller that has gone', async () => {
      const { elsewhere, order, work, end } = await closing({ closingWaitMs: 0 });
      await expect(elsewhere.update('a', work)).rejects.toThrow(ClosingError);
      await end();
      expect(order).toEqual(['closed']);
      const patient = await closing();
      const abort = new AbortController();
      const skipped = patient.elsewhere.update('a', patient.work, { signal: abort.signal });
      await patient.hasAsked();
      abort.abort(new Error('gone'));
      await expect(skipped).rejects.toThrow('gone');
      await patient.end();
      expect(patient.order).toEqual(['closed']);
    });
  });
  it('a thousand of one id with their closes between them never close what is not open', async () => {
    let isOpen = false;
    const { expirations, timers, session, inMs } = setUp(() => {
      if (!isOpen) throw new Error('closed what is not open');
      isOpen = false;
    });
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 500; i += 1) {
      work.push(
        expirations.update('a', async () => {
          isOpen = true;
          return { expiresAt: inMs(0), close: session };
        }),
        expirations.close('a', async () => {
          if (!isOpen) throw new Error('closed what is not open');
          isOpen = false;
        }),
      );
    }
    await Promise.all(work);
    await timers.advance(1_000);
    expect(isOpen).toBe(false);
  });
});
