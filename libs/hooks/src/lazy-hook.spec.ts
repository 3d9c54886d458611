import { describe, expect, it, vi } from 'vitest';
import type { DueEvent, Hook, HookContext } from './index.js';
import { LazyHook, startingMaxMs } from './lazy-hook.js';

const event = { eventId: 'e' } as DueEvent;
const context = {} as HookContext;

function setUp(parts: Partial<Hook> = {}) {
  const steps: string[] = [];
  const step = (name: string, act?: () => unknown) => async (): Promise<void> => {
    steps.push(name);
    await act?.();
  };
  const errors: object[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (details: object) => void errors.push(details),
  };
  const create = (hookClass: string): Hook => {
    steps.push(`make ${hookClass}`);
    return {
      handle: step('handle'),
      start: step('start', () => parts.start?.()),
      stop: step('stop', () => parts.stop?.()),
    };
  };
  return { steps, errors, hook: new LazyHook('billing', { create }, log) };
}

describe('a hook made by a factory', () => {
  it('is made and started at the first event, once for all that come together, and stopped once', async () => {
    const { hook, steps } = setUp();
    await Promise.all([hook.handle(event, context), hook.handle(event, context)]);
    expect(steps).toEqual(['make billing', 'start', 'handle', 'handle']);
    await Promise.all([hook.stop(), hook.stop()]);
    expect(steps.slice(4)).toEqual(['stop']);
  });

  it('is started by a question as well', async () => {
    const { hook, steps } = setUp();
    expect(await hook.ask(event)).toBeUndefined();
    expect(steps).toEqual(['make billing', 'start']);
  });

  it('is never made when no event comes, and none is made after the end', async () => {
    const { hook, steps } = setUp();
    await hook.stop();
    await expect(hook.handle(event, context)).rejects.toThrow('hook billing was stopped');
    expect(steps).toEqual([]);
  });

  it('fails its event when it cannot start, is stopped, and made anew for the next', async () => {
    let failures = 1;
    const start = () => {
      failures -= 1;
      if (failures === 0) throw new Error('no licence');
    };
    const { hook, steps } = setUp({ start });
    await expect(hook.handle(event, context)).rejects.toThrow('no licence');
    await hook.handle(event, context);
    expect(steps).toEqual(['make billing', 'start', 'stop', 'make billing', 'start', 'handle']);
  });

  it('that never starts holds up no worker that stops, and is stopped if it starts after all', async () => {
    vi.useFakeTimers();
    try {
      const gate = Promise.withResolvers<void>();
      const { hook, steps, errors } = setUp({ start: () => gate.promise });
      const handled = hook.handle(event, context);
      let hasStopped = false;
      const stopped = hook.stop().then(() => {
        hasStopped = true;
      });
      await vi.advanceTimersByTimeAsync(startingMaxMs - 1);
      expect(hasStopped).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await stopped;
      expect([steps, errors]).toEqual([['make billing', 'start'], [{ hookClass: 'billing' }]]);
      gate.resolve();
      await handled;
      await vi.advanceTimersByTimeAsync(0);
      expect(steps.slice(2)).toContain('stop');
    } finally {
      vi.useRealTimers();
    }
  });

  it('that does not stop well is told, and the worker goes on stopping', async () => {
    const stop = () => {
      throw new Error('stuck');
    };
    const { hook, errors } = setUp({ stop });
    await hook.handle(event, context);
    await hook.stop();
    expect(errors).toMatchObject([{ hookClass: 'billing', error: 'Error: stuck' }]);
  });
});
