import { describe, expect, it } from 'vitest';
import { every, loopService } from '#runtime';

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
