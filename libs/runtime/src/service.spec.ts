import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger, every, loopService, type Service, ServiceGroup, together } from '#runtime';

const quiet = (): void => undefined;

describe('a service', () => {
  it('that is started twice runs once, ends with what it was doing when it is stopped, and does not begin anew', async () => {
    let [runs, isOver] = [0, false];
    const service = loopService(async (stop) => {
      runs += 1;
      await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
      isOver = true;
    });
    await service.start();
    await service.start();
    await service.stop();
    expect([runs, isOver]).toEqual([1, true]);
    await service.stop();
    await service.start();
    expect(runs).toBe(1);
  });
  it('that was stopped before it began never begins', async () => {
    let runs = 0;
    const service = every(1, async () => (runs += 1), quiet);
    await service.stop();
    await service.start();
    expect(runs).toBe(0);
  });
  it('whose round fails tells it, and the next round comes', async () => {
    const told: unknown[] = [];
    const twice = Promise.withResolvers<void>();
    let rounds = 0;
    const service = every(
      1,
      async () => {
        rounds += 1;
        if (rounds === 1) throw new Error('no');
        twice.resolve();
      },
      (error) => told.push(error),
    );
    await service.start();
    await twice.promise;
    await service.stop();
    expect(told).toHaveLength(1);
  });
});

describe('services that stop', () => {
  afterEach(() => vi.useRealTimers());
  const logger = createLogger('spec', 'silent');
  const told: string[] = [];
  const named = (name: string, stop: () => Promise<void> = async () => undefined): Service => ({
    start: async () => undefined,
    stop: () => {
      told.push(name);
      return stop();
    },
  });
  const never = () => new Promise<void>(() => undefined);

  it('do so in the opposite order, one after the other, and leave no timer behind', async () => {
    vi.useFakeTimers();
    told.length = 0;
    const last = Promise.withResolvers<void>();
    const group = new ServiceGroup(
      [named('a'), named('b', () => Promise.reject(new Error('no'))), named('c', () => last.promise)],
      logger,
    );
    await group.start();
    const stopped = group.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual(['c']);
    last.resolve();
    await stopped;
    expect(told).toEqual(['c', 'b', 'a']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('do not wait for ever for one that does not: the others are told all the same', async () => {
    vi.useFakeTimers();
    told.length = 0;
    const group = new ServiceGroup([named('a'), named('b', never), named('c', never)], logger);
    await group.start();
    const stopped = group.stop();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(told).toEqual(['c']);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(told).toEqual(['c', 'b', 'a']);
  });

  it('do so at once where they stand side by side', async () => {
    told.length = 0;
    const both = together([named('a', never), named('b')]);
    void both.stop();
    expect(told).toEqual(['a', 'b']);
  });
});
