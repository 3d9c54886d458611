import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandRejectedError, type Commands, TimerCalls } from '#client';
import { contractQuotas, InMemoryTimers, timersContract, wrongTimers } from '#testing';
import type { EpochMs } from '#timer';
import { ApiConnection } from '../../../libs/client/src/http/api-connection.js';
import { HttpReads } from '../../../libs/client/src/http/http-reads.js';
import { openWorld } from './spec-dsl.js';

/** The client's queries against this very api, on a log in memory; commands go to its scheduler of one line. */
async function open() {
  const world = await openWorld({ QUOTAS: JSON.stringify(contractQuotas) });
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

  const post = async (path: string, method: string, body: unknown) => {
    const response = await fetch(`${subject.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { code, field, detail } = (await response.json()) as Record<'code' | 'field' | 'detail', string>;
    return { code, field, message: detail };
  };
  const toldTo = (call: Promise<unknown>) =>
    call.then(
      () => 'accepted',
      ({ code, field, message }: CommandRejectedError) => ({ code, field, message }),
    );
  const hourly = {
    schedPolicyType: 'INTERVAL',
    schedPolicyExpr: '1h',
    startAt: '2040-01-01T00:00:00Z',
  };

  it.each(wrongTimers)(
    'is told of $wrong in the same words by a command, by HTTP and in memory',
    async ({ wrong, field }) => {
      const timer = { namespace: 'spec', key: randomUUID(), ...hourly, ...wrong } as never;
      const told = await post('/v1/timers', 'POST', timer);
      expect(told.field).toBe(field);
      expect(await toldTo(subject.timers.createTimer(timer))).toEqual(told);
      expect(await toldTo(new InMemoryTimers().createTimer(timer))).toEqual(told);
      expect(subject.world.store.tables.states.size).toBe(0);
    },
  );

  it('is told of a wrong change in the same words as well, and nothing is changed', async () => {
    const name = { namespace: 'spec', key: 'changed' };
    const memory = new InMemoryTimers();
    const there = await subject.timers.createTimer({ ...name, ...hourly });
    await memory.createTimer({ ...name, ...hourly });
    for (const { wrong } of wrongTimers.filter(
      ({ wrong: given }) => !('key' in given || 'namespace' in given),
    )) {
      const told = await post('/v1/namespaces/spec/timers/changed', 'PATCH', wrong);
      expect(told.field, JSON.stringify(wrong)).toBeDefined();
      expect(await toldTo(subject.timers.updateTimer(name, wrong as never))).toEqual(told);
      expect(await toldTo(memory.updateTimer(name, wrong as never))).toEqual(told);
    }
    expect(await subject.timers.getTimerByKey('changed')).toEqual(there);
  });
});
