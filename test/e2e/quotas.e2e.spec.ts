import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QuotaExceededError, type TimerClient } from '#client';
import type { CommandWire } from '#contract';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const QUOTAS = JSON.stringify({
  few: { timers: 2 },
  many: { timers: 100 },
  slow: { commandsPerSecond: 1, commandsBurst: 1 },
  small: { payloadBytes: 500 },
});
const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '30d' } as const;
const create = (namespace: string, key: string, id: string = randomUUID()): CommandWire => ({
  type: 'CreateTimer',
  id,
  namespace,
  key,
  timer,
});

let cluster: Cluster;
let client: TimerClient;
let url: string;

beforeAll(async () => {
  cluster = await Cluster.open();
  await cluster.start('scheduler', { QUOTAS });
  [{ url }, client] = await Promise.all([cluster.api({ QUOTAS }), cluster.client()]);
});
afterAll(() => cluster.close());

const post = async (path: string, body: object) => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, problem: (await answer.json()) as object };
};
const refused = (call: Promise<unknown>) =>
  call.then(
    () => null,
    ({ code, field, message }: QuotaExceededError) => ({ code, field, message }),
  );

describe('quotas of a namespace', () => {
  it('refuse a timer too many in the same words over Kafka, by the client and by HTTP, and give room back', async () => {
    const rejected = await cluster.tail(cluster.topics.rejected);
    const id = randomUUID();
    await client.createTimer({ namespace: 'few', key: 'a', ...timer }, { commandId: id });
    await client.createTimer({ namespace: 'few', key: 'b', ...timer });
    const told = await refused(client.createTimer({ namespace: 'few', key: 'c', ...timer }));
    expect(told).toMatchObject({ code: 'quota-exceeded', field: 'timers' });
    const { status, headers, problem } = await post('/v1/timers', { namespace: 'few', key: 'c', ...timer });
    expect([status, headers.get('retry-after')]).toEqual([429, null]);
    expect(problem).toMatchObject({ code: told?.code, field: told?.field, detail: told?.message });
    const plain = create('few', 'c');
    await cluster.send([plain]);
    const record = await eventually('it is on the rejected topic', () =>
      rejected.records.find(({ headers: { commandId } }) => commandId?.toString() === plain.id),
    );
    expect(record.headers.code?.toString()).toBe('quota-exceeded');
    expect(record.headers.message?.toString()).toBe(told?.message);

    // taken before: the same answer as then
    const again = await client.createTimer({ namespace: 'few', key: 'a', ...timer }, { commandId: id });
    expect(again.version).toBe(1);
    await client.deleteTimer({ namespace: 'few', key: 'b' });
    await client.createTimer({ namespace: 'few', key: 'c', ...timer });
  });

  it('tell who sends too fast when to come again', async () => {
    // one a second is taken, however long the others take to come
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const key = `s${n}`;
        return { key, ...(await post('/v1/timers', { namespace: 'slow', key, ...timer })) };
      }),
    );
    const slowed = answers.find(({ status }) => status === 429);
    if (slowed === undefined) throw new Error('eight at once were all taken');
    const { key, headers, problem } = slowed;
    const { retryAfterMs } = problem as { readonly retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1_000)));
    const made = await eventually('its time has come', () =>
      client.createTimer({ namespace: 'slow', key, ...timer }).catch(() => null),
    );
    expect(made.key).toBe(key);
  });

  it('refuse what is too large before it travels, in the scheduler’s own words', async () => {
    const large = { namespace: 'small', key: 'k', ...timer, data: 'x'.repeat(500) };
    const told = await refused(client.createTimer(large));
    const { status, problem } = await post('/v1/timers', large);
    expect(status).toBe(429);
    expect(problem).toMatchObject({ field: 'payloadBytes', detail: told?.message });
  });

  it('are kept and counted right by two schedulers, of which one is killed in the middle', async () => {
    const other = await cluster.start('scheduler', { QUOTAS });
    await client.createTimer({ namespace: 'many', key: 'first', ...timer });
    const keys = Array.from({ length: 3_000 }, (_, n) => `k${n}`);
    await cluster.send(
      keys.flatMap((key, n): CommandWire[] => [
        create('many', key),
        ...(n % 2 === 0 ? [{ type: 'DeleteTimer' as const, id: randomUUID(), namespace: 'many', key }] : []),
      ]),
    );
    await eventually('some is done', async () => (await cluster.count('TimerCreated')) > 50);
    await other.kill();
    const first = async (text: string): Promise<number> =>
      (await cluster.pool.query<{ n: number }>(text)).rows[0]?.n ?? 0;
    await client.createTimer({ namespace: 'many', key: 'last', ...timer }).catch(() => undefined);
    // 3,000 creates, 1,500 deletes, the first and the last
    await eventually('each command has its one outcome', async () => {
      const decided = await first(
        `select (select count(*) from event_log where record_key like 'many/%')::int
          + (select count(*) from rejection where convert_from(record_key, 'UTF8') like 'many/%')::int as n`,
      );
      expect(decided).toBeLessThanOrEqual(4_502);
      return decided === 4_502;
    });
    const there = await first(`select count(*)::int as n from timer_spec where namespace = 'many'`);
    expect(there).toBeGreaterThanOrEqual(100);
    const next = await client
      .createTimer({ namespace: 'many', key: 'one-more', ...timer })
      .catch((error: unknown) => error);
    expect(next).toBeInstanceOf(QuotaExceededError);
    expect((next as Error).message).toContain(`has ${there} timers`);
    expect((await cluster.verify()).findings).toEqual([]);
  });
});
