import { afterEach, describe, expect, it } from 'vitest';
import type { HookHandler } from '#hooks';
import { InMemoryTimers } from '#testing';
import type { ClosedEntity } from './closer.js';
import { Expirations } from './expirations.js';

const idle = { start: async () => undefined, stop: async () => undefined };
const stages: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

/** A process that closes under two names, and the timers it has them from. */
async function aProcess() {
  const handlers = new Map<string, HookHandler>();
  const handle: HookHandler = (event, context) => handlers.get(event.timer.hookClass)?.(event, context);
  const timers = new InMemoryTimers({
    namespace: 'expiry',
    hooks: { 'expiry.session': handle, 'expiry.other': handle },
  });
  const expirations = new Expirations(
    {},
    {
      timers,
      connection: idle,
      worker: (hookClass, handler) => {
        handlers.set(hookClass, handler);
        return idle;
      },
    },
  );
  const closed: (ClosedEntity & { readonly by: string })[] = [];
  const closer = (by: string) => expirations.closer(by, (entity) => void closed.push({ ...entity, by }));
  const [session, other] = [closer('session'), closer('other')];
  await expirations.start();
  stages.push({ close: () => Promise.all([expirations.stop(), timers.close()]) });
  return { expirations, timers, session, other, closed, inMs: (ms: number) => timers.clock.now() + ms };
}

const commands = new Set(['createTimer', 'updateTimer', 'deleteTimer', 'pauseTimer', 'resumeTimer']);

/** The timers of a process that ends once so many of its commands were carried out: it hears of the last no more. */
function untilDeathAfter(count: number, timers: InMemoryTimers) {
  const died = Promise.withResolvers<void>();
  const never = new Promise<never>(() => undefined);
  let sent = 0;
  const mortal = new Proxy(timers, {
    get(target, name: keyof InMemoryTimers & string) {
      const call = target[name];
      if (typeof call !== 'function' || !commands.has(name)) return call;
      return async (...args: unknown[]) => {
        if (sent >= count) return never;
        sent += 1;
        const answer = Reflect.apply(call, target, args) as Promise<unknown>;
        if (sent < count) return answer;
        await answer.catch(() => undefined);
        died.resolve();
        return never;
      };
    },
  });
  const process = new Expirations({}, { timers: mortal, connection: idle, worker: () => idle });
  const closers = { session: process.closer('session', () => undefined) };
  return { process, other: process.closer('other', () => undefined), ...closers, died: died.promise };
}

describe('a life that begins anew in a process which dies', () => {
  describe.each(['session', 'other'] as const)('with the closer %s', (next) => {
    it.each([1, 2, 3, 4])('after its command %i: one of the two lives ends by its close, once', async (n) => {
      for (const way of ['create', 'update'] as const) {
        for (const isHeld of [false, true]) {
          const { expirations, timers, session, closed, inMs } = await aProcess();
          await expirations.create('a', inMs(60_000), session, { data: 'old' });
          if (isHeld) await expirations.pause('a', 'somebody else');
          const mortal = untilDeathAfter(n, timers);
          const expiresAt = inMs(120_000);
          const call =
            way === 'create'
              ? mortal.process.create('a', expiresAt, mortal[next], { data: 'new' })
              : mortal.process.update('a', async () => ({ expiresAt, close: mortal[next], data: 'new' }));
          await Promise.race([call, mortal.died]);
          await timers.advance('1h');
          const lives = closed.map(({ by, data }) => ({ by, data }));
          const told = `${way}, ${isHeld ? 'held' : 'running'}`;
          expect(
            [
              { by: 'session', data: 'old' },
              { by: next, data: 'new' },
            ],
            told,
          ).toContainEqual(lives[0]);
          expect(lives, told).toHaveLength(1);
        }
      }
    });
  });
});

describe('a life that begins anew with another closer', () => {
  it('has its time, data and closer after one command, held by nobody', async () => {
    const { expirations, timers, session, other, closed, inMs } = await aProcess();
    await expirations.create('a', inMs(1_000), session, { data: 'old' });
    await expirations.pause('a', 'somebody');
    const { id } = (await timers.getTimerByKey('a')) ?? {};
    await expirations.create('a', inMs(5_000), other, { data: 'new' });
    expect(await timers.getTimerByKey('a')).toMatchObject({ id, status: 'waiting' });
    await timers.advance(4_999);
    expect(closed).toEqual([]);
    await timers.advance('1h');
    expect(closed).toMatchObject([{ id: 'a', by: 'other', data: 'new', attempt: 1 }]);
  });
  it('begins after one that has ended too', async () => {
    const { expirations, timers, session, other, closed, inMs } = await aProcess();
    await expirations.create('a', inMs(1_000), session);
    await timers.advance(1_000);
    await expirations.create('a', inMs(1_000), other);
    await timers.advance(1_000);
    expect(closed.map(({ by }) => by)).toEqual(['session', 'other']);
  });
  it('calls back what has fired: the former closer leaves that alone', async () => {
    const { expirations, timers, session, other, closed, inMs } = await aProcess();
    await expirations.create('a', inMs(1_000), session);
    const gate = Promise.withResolvers<void>();
    const update = expirations.update('a', async () => {
      await gate.promise;
      return { expiresAt: inMs(5_000), close: other };
    });
    await timers.advance(0);
    // by force: the time of what is paused does not come. Its close waits behind the update in this process
    expect(await expirations.expire('a')).toBe(true);
    await timers.advance(0);
    expect(timers.dueEvents).toMatchObject([{ timer: { hookClass: 'expiry.session' } }]);
    gate.resolve();
    await update;
    await timers.advance(4_999);
    expect(closed).toEqual([]);
    await timers.advance('1h');
    expect(closed).toMatchObject([{ by: 'other' }]);
  });
});
