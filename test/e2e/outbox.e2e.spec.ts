import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InvalidCommandError, Outbox, OutboxShipper, outboxTableSql, typeOrmPool } from '#client';
import { Cluster } from '../harness/cluster.js';
import { freshDatabase } from '../harness/database.js';
import { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

// #region invoice
/** The invoice and its reminder, both or neither. */
async function addInvoice(pool: pg.Pool, outbox: Outbox, id: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('insert into invoice values ($1)', [id]);
    await outbox.within(client).createTimer({
      key: `invoice/${id}`,
      schedPolicyType: 'ONCE',
      schedPolicyExpr: '30d',
      hookClass: 'remind',
    });
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
// #endregion

describe('the outbox', () => {
  let cluster: Cluster;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let pool: pg.Pool;
  const outbox = new Outbox();
  const shippers: TestProcess[] = [];

  const start = (fault = '', faultAfter = 0): TestProcess => {
    const shipper = TestProcess.start('shipper', 'test/harness/outbox-shipper.js', {
      KAFKA_BROKERS: cluster.brokers,
      DATABASE_URL: database.url,
      TOPIC_PREFIX: cluster.prefix,
      FAULT: fault,
      FAULT_AFTER: String(faultAfter),
    });
    shippers.push(shipper);
    return shipper;
  };
  const inTransaction = async (work: (client: pg.PoolClient) => Promise<void>, end = 'commit') => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await work(client);
      await client.query(end);
    } finally {
      client.release();
    }
  };
  const waiting = async (): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from carillon_outbox');
    return rows[0]?.n ?? 0;
  };
  const shipped = (): Promise<unknown> =>
    eventually('the outbox is empty', async () => (await waiting()) === 0);
  /** The log events of a timer, in order, once there are so many. */
  const eventsOf = (key: string, count: number): Promise<string[]> =>
    eventually(`${count} events of ${key}`, async () => {
      const rows = await cluster.events('record_key = $1', [`default/${key}`]);
      return rows.length >= count ? rows.map(({ type, data }) => `${type}${data.tags ?? ''}`) : null;
    });

  beforeAll(async () => {
    cluster = await Cluster.open();
    database = await freshDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
    await pool.query(outboxTableSql());
    await pool.query(outboxTableSql());
    await pool.query('create table invoice (id text primary key)');
    await cluster.start('scheduler');
  });
  beforeEach(async () => {
    await Promise.all(shippers.splice(0).map((shipper) => shipper.kill()));
    await pool.query('delete from carillon_outbox');
  });
  afterAll(async () => {
    await Promise.all(shippers.map((shipper) => shipper.kill()));
    await pool.end();
    await database.drop();
    await cluster.close();
  });

  it('ships what was committed, in the order in which it was written, and nothing that was rolled back', async () => {
    await inTransaction(async (client) => {
      await client.query(`insert into invoice values ('undone')`);
      await outbox.within(client).createTimer({ key: 'undone', ...hourly });
    }, 'rollback');
    await inTransaction(async (client) => {
      await client.query(`insert into invoice values ('done')`);
      const timers = outbox.within(client);
      await timers.createTimer({ key: 'done', ...hourly });
      await timers.pauseTimer({ key: 'done' });
      await timers.resumeTimer({ key: 'done' });
    });
    start();
    expect(await eventsOf('done', 3)).toEqual(['TimerCreated', 'TimerPaused', 'TimerResumed']);
    await shipped();
    expect(await cluster.events('record_key = $1', ['default/undone'])).toEqual([]);
  });

  it('does what its guide shows', async () => {
    await addInvoice(pool, outbox, 'i1');
    await expect(addInvoice(pool, outbox, 'i1')).rejects.toThrow('duplicate key');
    expect(await waiting()).toBe(1);
    start();
    expect(await eventsOf('invoice/i1', 1)).toEqual(['TimerCreated']);
  });

  it('a refusal that is certain is told while the transaction can be undone, and spoils nothing', async () => {
    await inTransaction(async (client) => {
      const timers = outbox.within(client);
      const wrong = timers.updateTimer({ key: 'k' }, { enable: 'yes' as unknown as boolean });
      await expect(wrong).rejects.toThrow(InvalidCommandError);
      await expect(wrong).rejects.toMatchObject({ field: 'set.enable' });
      await timers.createTimer({ key: 'k', ...hourly });
    });
    expect(await waiting()).toBe(1);
  });

  it.each(['die-before-ship', 'die-before-delete'])(
    'a shipper that dies (%s) loses nothing, and what goes twice is applied once',
    async (fault) => {
      const keys = Array.from({ length: 12 }, (_, n) => `${fault}-${n}`);
      await inTransaction(async (client) => {
        const timers = outbox.within(client);
        for (const key of keys) await timers.createTimer({ key, ...hourly });
        // a create that came twice would be refused in any case; a trigger would fire twice
        for (const key of keys) await timers.manualTriggerEvent({ key }, { timeout: '1h' });
      });
      const dying = start(fault, 1);
      await dying.exited;
      expect(dying.endedBy).toBe('SIGKILL');
      expect(await waiting()).toBeGreaterThan(0);
      start();
      await shipped();
      for (const key of keys)
        expect(await eventsOf(key, 2)).toEqual(['TimerCreated', 'ManualTriggerRequested']);
      expect(await cluster.pool.query('select 1 from rejection')).toMatchObject({ rowCount: 0 });
    },
  );

  it('several shippers share the work, and each timer sees its commands in order', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e'].map((key) => `shared-${key}`);
    const rounds = 8;
    await inTransaction(async (client) => {
      for (const key of keys) await outbox.within(client).createTimer({ key, ...hourly });
    });
    start();
    start();
    start();
    for (let round = 1; round <= rounds; round += 1)
      await inTransaction(async (client) => {
        const timers = outbox.within(client);
        for (const key of keys) {
          await timers.pauseTimer({ key });
          await timers.resumeTimer({ key });
        }
      });
    await shipped();
    const pairs = Array.from({ length: rounds }, () => ['TimerPaused', 'TimerResumed']).flat();
    for (const key of keys) expect(await eventsOf(key, 1 + 2 * rounds)).toEqual(['TimerCreated', ...pairs]);
  });

  it('is written and shipped by TypeORM as well', async () => {
    const source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    const shipper = new OutboxShipper({
      pool: typeOrmPool(source),
      kafka: cluster.kafka,
      topicPrefix: cluster.prefix,
      pollMs: 20,
      bytesPerShipmentMax: 1,
    });
    try {
      const commandId = randomUUID();
      await source.transaction(async (manager) => {
        await manager.query(`insert into invoice values ('orm')`);
        await outbox.within(manager).createTimer({ key: 'orm', ...hourly }, { commandId });
        await outbox.within(manager).createTimer({ key: 'orm', ...hourly }, { commandId });
        await outbox.within(manager).pauseTimer({ key: 'orm' });
      });
      await expect(
        source.transaction(async (manager) => {
          await outbox.within(manager).createTimer({ key: 'orm-undone', ...hourly });
          throw new Error('undone');
        }),
      ).rejects.toThrow('undone');
      expect(await waiting()).toBe(2);
      await Promise.all([shipper.start(), shipper.start()]);
      expect(await eventsOf('orm', 2)).toEqual(['TimerCreated', 'TimerPaused']);
      await shipped();
    } finally {
      await shipper.stop();
      await shipper.stop();
      await source.destroy();
    }
  });

  it('leaves what the application writes by the same TypeORM alone while Kafka is away', async () => {
    const source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    const shipper = new OutboxShipper({
      pool: typeOrmPool(source),
      kafka: cluster.kafka,
      send: () => Promise.reject(new Error('no broker')),
    });
    try {
      await outbox.within(pool).pauseTimer({ key: 'orm-away' });
      await expect(shipper.shipOnce()).rejects.toThrow('no broker');
      // the data source has one idle connection: the shipment's
      await source.query(`insert into invoice values ('written-while-away')`);
      const seen = await pool.query(`select 1 from invoice where id = 'written-while-away'`);
      expect(seen.rowCount).toBe(1);
      // nor does it hold the commands: another shipper takes them
      const other = new OutboxShipper({ pool, kafka: cluster.kafka, send: async () => undefined });
      expect(await other.shipOnce()).toBe(1);
    } finally {
      await source.destroy();
    }
  });

  it('survives a connection that breaks while Kafka has the commands, and ships them again', async () => {
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`;
    let sends = 0;
    const shipper = new OutboxShipper({
      pool,
      kafka: cluster.kafka,
      send: async () => {
        sends += 1;
        if (sends === 1) await pool.query(kill);
      },
    });
    await outbox.within(pool).pauseTimer({ key: 'broken' });
    await expect(shipper.shipOnce()).rejects.toThrow();
    expect(await waiting()).toBe(1);
    expect(await shipper.shipOnce()).toBe(1);
    expect([sends, await waiting()]).toEqual([2, 0]);
    await shipper.stop();
  });

  it('keeps what Kafka does not take, and ships it when it does', async () => {
    let isThere = false;
    const sent: string[] = [];
    const shipper = new OutboxShipper({
      pool,
      kafka: cluster.kafka,
      send: async (records) => {
        if (!isThere) throw new Error('no broker');
        sent.push(...records.map(({ key }) => String(key)));
      },
    });
    await outbox.within(pool).pauseTimer({ key: 'later' });
    await expect(shipper.shipOnce()).rejects.toThrow('no broker');
    expect(await waiting()).toBe(1);
    isThere = true;
    expect(await shipper.shipOnce()).toBe(1);
    expect(await shipper.shipOnce()).toBe(0);
    expect(sent).toEqual(['default/later']);
    await shipper.stop();
  });
});
