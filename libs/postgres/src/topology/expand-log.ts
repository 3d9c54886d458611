import type { Pool, PoolClient } from 'pg';
import { type ExpandOutcome, expanded, type LogTopology } from '#engine';
import { isCutOff as isCutOffError } from '../connection/hot-connection.js';
import { readTopology } from './read-topology.js';

/** Writers wait for a lock for 500 ms and then try again: they are held up for less than that. */
const writersWaitMsMax = 300;
const publishedAskedEveryMs = 10;

/** Whatever becomes of this process, writers are not held up for longer. */
const transactionMsMax = 2_000;

/**
 * Spreads the log over more partitions, in one transaction under the lock that every writer takes last. Nobody writes
 * meanwhile, so the relay can reach the end: what comes first in a new partition follows, on Kafka too, whatever its
 * timers had in the old ones. Again, it finds that it was done.
 * @throws RangeError if the log cannot have so many
 */
export async function expandLog(pool: Pool, to: number): Promise<ExpandOutcome> {
  const client = await pool.connect();
  // a session that the server ends says so once more by itself
  client.on('error', ignored);
  let isCutOff = false;
  try {
    await client.query('begin');
    await client.query(`set local transaction_timeout = ${transactionMsMax}`);
    const heads = await lockHeads(client);
    const topology = await readTopology(client);
    if (topology.partitions === to) return { kind: 'already' };
    const next = expanded(topology, to, heads);
    const unpublished = await publishedToTheEnd(client);
    if (unpublished > 0) return { kind: 'behind', unpublished };
    await write(client, next);
    await client.query('commit');
    return { kind: 'expanded' };
  } catch (error) {
    isCutOff = isCutOffError(error);
    if (isCutOff) return { kind: 'cut-off', afterMs: transactionMsMax };
    throw error;
  } finally {
    if (!isCutOff) {
      // after the commit it says only that there is no transaction
      await client.query('rollback').catch(ignored);
      client.off('error', ignored);
    }
    client.release(isCutOff);
  }
}

const ignored = (): void => undefined;

async function lockHeads(client: PoolClient): Promise<Map<number, bigint>> {
  const { rows } = await client.query<{ partition: number; next: string }>(
    'select partition, next from log_head order by partition for update',
  );
  return new Map(rows.map(({ partition, next }) => [partition, BigInt(next) - 1n]));
}

/** Waits for the relay while nobody can write. @returns events that it has not published */
async function publishedToTheEnd(client: PoolClient): Promise<number> {
  const until = performance.now() + writersWaitMsMax;
  for (;;) {
    const { rows } = await client.query<{ unpublished: string }>(
      `select coalesce(sum(h.next - 1 - c.position), 0) as unpublished
       from log_head h join relay_checkpoint c using (partition)`,
    );
    const unpublished = Number(rows[0]?.unpublished ?? 0);
    if (unpublished === 0 || performance.now() > until) return unpublished;
    await new Promise((resolve) => setTimeout(resolve, publishedAskedEveryMs));
  }
}

async function write(client: PoolClient, { number, partitions, splits }: LogTopology): Promise<void> {
  const made = splits.filter(({ topology }) => topology === number);
  await client.query(
    `insert into log_split (partition, topology, parent, parent_position)
     select * from unnest($1::int[], $2::int[], $3::int[], $4::bigint[])`,
    [
      made.map(({ partition }) => partition),
      made.map(({ topology }) => topology),
      made.map(({ parent }) => parent),
      made.map(({ after }) => after.toString()),
    ],
  );
  await client.query('update log_head set partitions = $1, written_for = $1', [partitions]);
  // moments go on from the parent's: also across the split a timer's never fall
  await client.query(
    `insert into log_head (partition, partitions, written_for, recorded_at)
     select m.partition, $3, $3, h.recorded_at
     from unnest($1::int[], $2::int[]) as m (partition, parent) join log_head h on h.partition = m.parent`,
    [made.map(({ partition }) => partition), made.map(({ parent }) => parent), partitions],
  );
  await client.query('insert into relay_checkpoint (partition) select p from unnest($1::int[]) as p', [
    made.map(({ partition }) => partition),
  ]);
  // their timers stay counted where they came; what comes and goes from now on counts here
  await client.query(
    `insert into namespace_usage (namespace, partition, timers)
     select u.namespace, m.partition, 0
     from unnest($1::int[], $2::int[]) as m (partition, parent) join namespace_usage u on u.partition = m.parent`,
    [made.map(({ partition }) => partition), made.map(({ parent }) => parent)],
  );
  await client.query('update topology set number = $1, partitions = $2', [number, partitions]);
}
