import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import {
  type NewTimer,
  OutboxShipper,
  outboxTableSql,
  TimerClient,
  TimerExistsError,
  type Timers,
} from '#client';
import type { TimerRecord } from '#contract';
import { RetryLater } from '#hooks';
import { InMemoryTimers } from '#testing';

// #region remind
/** One reminder a customer, every morning in the customer's own zone; safe to call again. */
async function remind(timers: Timers, customer: string, timeZone: string): Promise<TimerRecord> {
  const schedule = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone };
  const reminder: NewTimer = {
    key: `reminder/${customer}`,
    hookClass: 'remind',
    tags: ['reminder'],
    ...schedule,
  };
  try {
    return await timers.createTimer(reminder);
  } catch (error) {
    if (!(error instanceof TimerExistsError)) throw error;
    return timers.updateTimer({ key: reminder.key }, schedule);
  }
}
// #endregion

// #region late
/** Customers whose reminder is overdue, whatever their number: pages come as they are needed. */
async function overdue(timers: Timers, now: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of timers.getTimers({ tags: ['reminder'], dueBefore: now })) keys.push(key);
  return keys;
}
// #endregion

// #region watch
/** Tells of every reminder that was given up, until the signal fires. */
async function watchFailures(
  timers: Timers,
  signal: AbortSignal,
  tell: (key: string) => void,
): Promise<void> {
  for await (const change of timers.watch({ tags: ['reminder'] }, { signal }))
    if (change.type === 'EventGivenUp') tell(change.key);
}
// #endregion

// #region test
it('reminds every morning, and tries again in ten minutes while the mail server is away', async () => {
  const sent: string[] = [];
  let isAway = true;
  const timers = new InMemoryTimers({
    hooks: {
      remind: ({ timer, scheduledFor }) => {
        if (isAway) throw new RetryLater({ after: '10m' });
        sent.push(`${timer.key} ${scheduledFor}`);
      },
    },
  });
  await remind(timers, 'mia', 'Europe/Paris');
  await timers.advanceTo('2026-01-01T08:05:00Z');
  isAway = false;
  await timers.advanceTo('2026-01-02T12:00:00Z');
  expect(sent).toEqual(['reminder/mia 2026-01-01T08:00:00.000Z', 'reminder/mia 2026-01-02T08:00:00.000Z']);
});
// #endregion

it('moves a reminder that is there to the zone where its customer is now', async () => {
  const timers = new InMemoryTimers();
  await remind(timers, 'mia', 'Europe/Paris');
  expect(await remind(timers, 'mia', 'Asia/Tokyo')).toMatchObject({
    version: 2,
    nextFireTime: '2026-01-02T00:00:00.000Z',
  });
  expect(await overdue(timers, '2026-01-02T00:00:01Z')).toEqual(['reminder/mia']);
  expect(await overdue(timers, '2026-01-02T00:00:00Z')).toEqual([]);
});

it('tells of what was given up', async () => {
  const hooks = {
    remind: () => {
      throw new Error('no such address');
    },
  };
  const timers = new InMemoryTimers({ hooks });
  const stop = new AbortController();
  const told: string[] = [];
  const watching = watchFailures(timers, stop.signal, (key) => told.push(key));
  await remind(timers, 'mia', 'Europe/Paris');
  await timers.advance('2d');
  stop.abort();
  await watching;
  expect(told).toContain('reminder/mia');
});

it('is made and connected as the pages say, and so is a shipper', async () => {
  const token = () => 'secret';
  // what it does is shown on a real Kafka elsewhere
  const connected = vi.spyOn(TimerClient.prototype, 'connect').mockResolvedValue();
  const timers = new TimerClient({
    kafka: { brokers: ['kafka:9092'], clientId: 'billing', log: console },
    api: { url: 'http://carillon-api:8080', token: () => token() },
    namespace: 'billing',
  });
  await timers.connect();
  expect(connected).toHaveBeenCalledOnce();
  expect(timers.getDefaultNamespace()).toBe('billing');

  const asked = Promise.withResolvers<void>();
  const pool = {
    connect: () => {
      asked.resolve();
      return Promise.reject(new Error('no database'));
    },
  };
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const kafka = { brokers: ['kafka:9092'], clientId: 'billing', log };
  const shipper = new OutboxShipper({ pool, kafka });
  await shipper.start();
  await asked.promise;
  await shipper.stop();
});

const regions = (file: string): [string, string][] =>
  [...readFileSync(file, 'utf8').matchAll(/\/\/ #region ([\w-]+)\n([\s\S]*?)\n\/\/ #endregion/g)].map(
    ([, name = '', code = '']) => [name, code],
  );

it.each([
  ['docs/guide/client.md', 'docs/guide/client.spec.ts'],
  ['docs/guide/outbox.md', 'test/e2e/outbox.e2e.spec.ts'],
])('%s shows code that runs', (page, source) => {
  const shown = regions(source);
  expect(shown.length).toBeGreaterThan(0);
  for (const [name, code] of shown) expect(readFileSync(page, 'utf8'), name).toContain(code);
});

it('docs/guide/outbox.md shows the table as it is made', () => {
  expect(readFileSync('docs/guide/outbox.md', 'utf8')).toContain(outboxTableSql());
});
