import pg from 'pg';
import type { NamespaceUsage } from '#engine';
import { connectionBounds } from '../connection/connection-bounds.js';

export interface NamespaceUsageSettings {
  readonly databaseUrl: string;
  readonly applicationName: string;
}

/** Of all counts of one database: only one begins at a time. `rebuild` takes it as well. */
export const countingLock = `hashtext('carillon.namespace-usage')`;

const uncounted = `
  select namespace from unnest($1::text[]) as asked (namespace)
  where not exists (select from namespace_usage u where u.namespace = asked.namespace and u.partition = -1)`;

/** Also over rows that somebody made who died before the count was whole. */
const beginAtZero = `
  insert into namespace_usage (namespace, partition, timers)
  select n.namespace, h.partition, 0 from unnest($1::text[]) as n (namespace) cross join log_head h
  on conflict (namespace, partition) do update set timers = 0`;

const makeWhole = `
  insert into namespace_usage (namespace, partition, timers)
  select n.namespace, -1, (
    select count(*) from timer_spec p join timer_state s using (id) where p.namespace = n.namespace and s.status <> 6
  )
  from unnest($1::text[]) as n (namespace)`;

/** A client that freezes amid a count is cut off, and the next one begins anew. */
const frozenAfterMs = 5_000;

export const countedUsage = `
  select namespace, sum(timers)::bigint as timers from namespace_usage group by namespace having bool_or(partition = -1)`;

export class PostgresNamespaceUsage implements NamespaceUsage {
  constructor(
    private readonly settings: NamespaceUsageSettings,
    private readonly pool: pg.Pool,
  ) {}

  async count(namespaces: readonly string[]): Promise<void> {
    await this.#connected(async (counter) => {
      // kept by the session, so that it is free when this process dies
      await counter.query(`select pg_advisory_lock(${countingLock})`);
      const { rows } = await counter.query<{ namespace: string }>(uncounted, [[...new Set(namespaces)]]);
      const missing = rows.map(({ namespace }) => namespace);
      if (missing.length > 0) await this.#connected((holder) => countOf(missing, counter, holder));
    });
  }

  async read(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ namespace: string; timers: string }>(countedUsage);
    return new Map(rows.map(({ namespace, timers }) => [namespace, Number(timers)]));
  }

  async #connected<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const { databaseUrl, applicationName } = this.settings;
    const client = new pg.Client({
      ...connectionBounds,
      connectionString: databaseUrl,
      application_name: applicationName,
      options: `-c idle_session_timeout=${frozenAfterMs} -c idle_in_transaction_session_timeout=${frozenAfterMs}`,
    });
    // what was asked on it fails and tells
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/**
 * While every head is held nobody writes: the rows are made and the counter's snapshot is taken. Who wrote before is in the snapshot, who
 * writes later finds the rows. Then all go on, however long the count takes.
 */
async function countOf(namespaces: readonly string[], counter: pg.Client, holder: pg.Client): Promise<void> {
  await counter.query('begin isolation level repeatable read');
  await holder.query('begin');
  // whatever becomes of this process, writers are not held up for longer
  await holder.query(`set local transaction_timeout = '2s'`);
  await holder.query('select from log_head order by partition for update');
  await holder.query(beginAtZero, [namespaces]);
  await counter.query('select 1');
  await holder.query('commit');
  await counter.query(makeWhole, [namespaces]);
  await counter.query('commit');
}
