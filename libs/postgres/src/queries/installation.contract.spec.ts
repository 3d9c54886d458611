import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openPostgresQueries, type PostgresQueries } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';

interface Row {
  readonly slot: number;
  /** Seconds from now; null: it has no next time. */
  readonly dueInS: number | null;
  readonly status?: number;
  readonly attempt?: number;
  readonly phase?: number;
  readonly hookClass?: string;
  readonly extra?: string | null;
  readonly openForS?: number;
}
const givenUp = '{"givenUp":{"eventId":"e","attempt":3,"at":0}}';
const rows: readonly Row[] = [
  { slot: 0, dueInS: -5 },
  { slot: 4, dueInS: 30 },
  { slot: 4, dueInS: 3_600 },
  { slot: 1, dueInS: 10 },
  { slot: 1, dueInS: null },
  { slot: 2, dueInS: 100, status: 2, attempt: 1, hookClass: 'billing', openForS: 60 },
  { slot: 2, dueInS: 100, status: 2, attempt: 2, hookClass: 'billing', openForS: 600 },
  // sent again and again: nobody was heard of; one failed; one is at work, and one has been sent twice
  ...[
    { attempt: 3, extra: null },
    { attempt: 9, extra: '{"open":{"data":"\\"worker\\":"}}' },
    { attempt: 9, extra: '{"open":{"lastError":"no"}}' },
    { attempt: 9, extra: '{"open":{"worker":"w"}}' },
    { attempt: 2, extra: null },
  ].map((more) => ({ slot: 2, dueInS: 900, hookClass: 'typo', status: 2, phase: 3, openForS: 9, ...more })),
  { slot: 2, dueInS: 900, hookClass: 'mail', extra: givenUp },
  { slot: 2, dueInS: 900, hookClass: 'mail', extra: '{"fault":"\\"givenUp\\":{"}' },
];

describe('the stand of an installation', () => {
  let drop: () => Promise<void>;
  let url: string;
  let reading: PostgresQueries;
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    url = database.url;
    await migrate(database.url, 4);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    for (const row of rows) {
      const {
        slot,
        dueInS,
        status = 0,
        attempt = 0,
        phase = 0,
        hookClass = '',
        extra = null,
        openForS,
      } = row;
      await client.query(
        `with spec as (
           insert into timer_spec (id, created_at, slot, namespace, key, hook_class, tags, spec)
           values (gen_random_uuid(), now(), $1, 'n', gen_random_uuid()::text, $5, '{}', '{}') returning id
         )
         insert into timer_state (id, next_fire_at, version, attempt, fires, slot, status, phase, extra, started_at, recent)
         select id, now() + $2 * interval '1 second', 1, $4, 0, $1, $3, $8, $6, now() - $7 * interval '1 second', '' from spec`,
        [slot, dueInS, status, attempt, hookClass, extra, openForS ?? null, phase],
      );
    }
    await client.query(
      `insert into consumer_offset (topic, partition, next_offset) values ('commands', 1, 17), ('other', 2, 3)`,
    );
    await client.query('update log_head set next = 11 where partition = 3');
    await client.query('update relay_checkpoint set position = 8 where partition = 3');
    await client.end();
    reading = openPostgresQueries({
      databaseUrl: database.url,
      applicationName: 'spec',
      log: { warn: () => undefined },
    });
  });
  afterAll(async () => {
    await reading.close();
    await drop();
  });

  it('is what each partition has armed, how late it is, and how far it was read and published', async () => {
    const { partitions: stands, databasesAway } = await reading.installation.partitions('commands');
    expect(databasesAway).toBe(0);
    expect(stands).toMatchObject([
      { partition: 0, armed: 2, armedIsExact: true, nextOffset: null },
      { partition: 1, armed: 1, lateMs: 0, nextOffset: 17n },
      { partition: 2, armed: 0, lateMs: 0, nextOffset: null },
      { partition: 3, armed: 0, lateMs: 0, events: 10n, unpublished: 2n },
    ]);
    expect(stands[0]?.lateMs).toBeGreaterThanOrEqual(5_000);
    expect(stands[0]?.lateMs).toBeLessThan(60_000);
  });

  it('is what each hook class has open, on a later attempt, and given up', async () => {
    const { classes, isExact } = await reading.installation.hookClasses();
    expect([classes, isExact]).toEqual([
      [
        {
          hookClass: 'billing',
          open: 2,
          retrying: 1,
          unanswered: 0,
          givenUp: 0,
          openSince: expect.any(Number),
          firesPerSecond: 0,
        },
        {
          hookClass: 'mail',
          open: 0,
          retrying: 0,
          unanswered: 0,
          givenUp: 1,
          openSince: null,
          firesPerSecond: 0,
        },
        {
          hookClass: 'typo',
          open: 5,
          retrying: 5,
          unanswered: 2,
          givenUp: 0,
          openSince: expect.any(Number),
          firesPerSecond: 0,
        },
      ],
      true,
    ]);
    expect(Date.now() - Number(classes[0]?.openSince)).toBeGreaterThan(500_000);
  });

  it('is what failed, went unanswered and was given up in the last five minutes, of the newest events', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const some = { partition: 2, hookClass: 'billing', agoMs: 200_000 };
    const redelivered = { ...some, type: 'EventRedelivered' };
    await append(client, { ...some, type: 'EventGivenUp', count: 50, agoMs: 400_000 });
    await append(client, { ...some, type: 'EventGivenUp', count: 2 });
    await append(client, { ...some, type: 'EventRetryScheduled', count: 3 });
    // the delivery after a failure is that failure's
    await append(client, { ...redelivered, data: '{"reason":"retry"}', count: 3 });
    await append(client, { ...redelivered, data: '{"reason":"ack-timeout"}', count: 4 });
    await append(client, { ...redelivered, data: '{"reason":"unheard"}', count: 5 });
    expect(await reading.installation.recentFailures()).toEqual({
      retries: 12,
      givenUp: 2,
      isExact: true,
      databasesAway: 0,
    });
    // a partition that has more than is looked at
    await append(client, { ...some, partition: 3, count: 1_000 });
    expect(await reading.installation.recentFailures()).toMatchObject({ retries: 12, isExact: false });
    await client.end();
  });

  it('is how often each hook class fires, from the newest events of each partition', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    // partition 0: twenty fires, and as many that are too old; partition 1: more within a second than are looked at
    await append(client, { partition: 0, hookClass: 'billing', count: 20, agoMs: 60_000 });
    await append(client, { partition: 0, hookClass: 'billing', count: 20, agoMs: 1_000 });
    const beganAt = performance.now();
    await append(client, { partition: 1, hookClass: 'mail', count: 1_200, agoMs: 1_000 });
    await client.end();
    const { classes } = await reading.installation.hookClasses();
    const passedS = (performance.now() - beganAt) / 1_000;
    const [billing, mail] = classes.map(({ firesPerSecond }) => firesPerSecond);
    expect(billing).toBeCloseTo(2, 5);
    // a thousand of them in a second, and in what has passed since
    expect(mail).toBeGreaterThanOrEqual(1_000 / (1 + passedS));
    expect(mail).toBeLessThan(1_000);
  });
});

interface Events {
  readonly type?: string;
  readonly data?: string;
  readonly partition: number;
  readonly hookClass: string;
  readonly count: number;
  readonly agoMs: number;
}
/** At the end of a partition, all of one timer. */
const append = (client: pg.Client, events: Events) => {
  const { partition, hookClass, count, agoMs, type = 'EventTriggered', data = '{}' } = events;
  return client.query(
    `with head as (update log_head set next = next + $3 where partition = $1 returning next - $3 as base)
     insert into event_log (position, recorded_at, stream_id, version, partition, type, record_key, data)
     select base + n, now() - $4 * interval '1 millisecond', (select id from timer_spec where hook_class = $2 limit 1),
       $1::int * 100000 + base + n, $1::smallint, $5, '', $6
     from head, generate_series(0, $3 - 1) n`,
    [partition, hookClass, count, agoMs, type, data],
  );
};
