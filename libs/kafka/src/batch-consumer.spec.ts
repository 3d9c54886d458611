import { afterEach, expect, it, vi } from 'vitest';
import { freePort } from '#embedded';
import { eventually } from '../../../test/harness/wait.js';
import { BatchConsumer } from './batch-consumer.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

afterEach(() => {
  vi.restoreAllMocks();
});

it('a consumer that is made anew leaves no clock of its former life behind', async () => {
  const running = new Set<unknown>();
  const [start, clear] = [setInterval, clearInterval];
  vi.spyOn(globalThis, 'setInterval').mockImplementation(((work: () => void, ms: number) => {
    const interval = start(work, ms);
    running.add(interval);
    return interval;
  }) as typeof setInterval);
  vi.spyOn(globalThis, 'clearInterval').mockImplementation((interval) => {
    running.delete(interval);
    clear(interval);
  });
  const kafka = { brokers: [`127.0.0.1:${await freePort()}`], clientId: 'spec', log };
  const consumer = new BatchConsumer(kafka, { groupId: 'g', topics: ['t'], onRecords: () => undefined });
  const started = consumer.start();
  const ofOneLife = running.size;
  expect(ofOneLife).toBeGreaterThan(0);
  await eventually('nobody has answered', () => consumer.restarts > 0 && running.size > 0, 30_000);
  expect(running.size).toBe(ofOneLife);
  await Promise.all([consumer.stop(), started]);
  expect(running.size).toBe(0);
}, 60_000);
