import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandRejectedError, type Commands, TimerCalls } from '#client';
import { timersContract } from '#testing';
import type { EpochMs } from '#timer';
import { ApiConnection } from '../../../libs/client/src/http/api-connection.js';
import { HttpReads } from '../../../libs/client/src/http/http-reads.js';
import { openWorld } from './spec-dsl.js';

/** The client's queries against this very api, on a log in memory; commands go to its scheduler of one line. */
async function open() {
  const world = await openWorld();
  await world.app.listen(0, '127.0.0.1');
  const { port } = world.app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const reads = new HttpReads(new ApiConnection({ url }));
  const ports = { commands: world as unknown as Commands, reads, namespace: 'spec', timeoutMs: 5_000 };
  return { world, url, reads, timers: new TimerCalls({ ...ports, sleep: async () => undefined }) };
}

timersContract('by HTTP', async () => {
  const { world, timers } = await open();
  return {
    timers,
    close: () => world.close(),
    eventually: async (what, ask) => {
      for (let tries = 0; tries < 500; tries += 1) {
        const answer = await ask();
        if (answer !== null && answer !== false) return answer;
        world.now = (world.now + 10) as EpochMs;
        for (const { timerId } of await world.store.due.overdue(-1, 100)) await world.fire(timerId);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`not within 500 steps: ${what}`);
    },
  };
});

describe('a client of this api', () => {
  let subject: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    subject = await open();
  });
  afterAll(() => subject.world.close());

  it.each([
    [{ schedPolicyExpr: 'soon' }, 'schedPolicyExpr'],
    [{ timeZone: 'Nowhere/City' }, 'timeZone'],
    [{ retry: { min: '2h', max: '1h' } }, 'retry.min'],
    [{ maxFires: 0 }, 'maxFires'],
    [{ startAt: '2030-01-01' }, 'startAt'],
    [{ retry: { maxAttempts: 'many' } }, 'retry.maxAttempts'],
    [{ surprise: 1 }, 'surprise'],
  ])('is told of %o in the same words by a command and by HTTP', async (wrong, field) => {
    const timer = {
      key: randomUUID(),
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      ...wrong,
    } as never;
    const refused = (await subject.timers
      .createTimer(timer)
      .catch((error: unknown) => error)) as CommandRejectedError;
    const response = await fetch(`${subject.url}/v1/timers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ namespace: 'spec', ...(timer as object) }),
    });
    const problem = (await response.json()) as { code: string; field: string; detail: string };
    const within = (text: string | undefined) => text?.replaceAll('timer.', '');
    expect([refused.code, within(refused.field)]).toEqual([problem.code, within(problem.field)]);
    expect(within(problem.field)).toBe(field);
    expect(within(problem.detail)).toBe(within(refused.message));
  });
});
