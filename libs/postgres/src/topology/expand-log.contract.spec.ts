import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandLog, migrate, readTopology } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';

describe('the second of two databases', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrate(database.url, 4, { number: 1, of: 2 });
    pool = new pg.Pool({ connectionString: database.url, max: 4, options: '-c TimeZone=UTC' });
    await pool.query('update log_head set recorded_at = $1 where partition = 1', [latest]);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });
  /** Later than any clock will be: one was ahead, and was set back. */
  const latest = '2999-01-01 00:00:00+00';
  const partitionsOf = async (table: string): Promise<number[]> => {
    const { rows } = await pool.query<{ partition: number }>(`select partition from ${table} order by 1`);
    return rows.map(({ partition }) => partition);
  };

  it('is expanded once, whoever else does it at the same time, into partitions of its own', async () => {
    const outcomes = await Promise.all([expandLog(pool, 16), expandLog(pool, 16), expandLog(pool, 16)]);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['already', 'already', 'expanded']);
    const topology = await readTopology(pool);
    expect(topology).toMatchObject({ number: 2, partitions: 16 });
    expect(topology.splits.map(({ partition, parent }) => [partition, parent])).toEqual([
      [5, 1],
      [7, 3],
      [9, 1],
      [11, 3],
      [13, 1],
      [15, 3],
    ]);
    const odd = [1, 3, 5, 7, 9, 11, 13, 15];
    expect([await partitionsOf('log_head'), await partitionsOf('relay_checkpoint')]).toEqual([odd, odd]);
  });

  it('goes on in each new partition from the last moment of its parent', async () => {
    const { rows } = await pool.query<{ partition: number; at: string }>(
      'select partition, recorded_at::text as at from log_head where partition in (1, 3, 5, 7, 13, 15) order by 1',
    );
    const [one, three] = [latest, '-infinity'];
    expect(rows.map(({ at }) => at)).toEqual([one, three, one, three, one, three]);
  });

  it('keeps what it has when a process of another configuration starts', async () => {
    expect(await migrate(database.url, 4, { number: 1, of: 2 })).toBe(16);
    expect(await partitionsOf('log_head')).toHaveLength(8);
  });

  it('says so when somebody else holds the heads, and changes nothing', async () => {
    const holder = await pool.connect();
    await holder.query('begin; select from log_head for update');
    expect(await expandLog(pool, 32)).toEqual({ kind: 'cut-off', afterMs: 2_000 });
    await holder.query('rollback');
    holder.release();
    expect(await readTopology(pool)).toMatchObject({ number: 2, partitions: 16 });
  });

  it('gives the heads back when whoever has taken them does not go on', async () => {
    await pool.query('update log_head set next = 5 where partition = 1');
    expect(await expandLog(pool, 32)).toEqual({ kind: 'behind', unpublished: 4 });
    const { rows } = await pool.query('select next from log_head where partition = 1 for update nowait');
    expect(rows).toEqual([{ next: '5' }]);
    expect(await readTopology(pool)).toMatchObject({ number: 2, partitions: 16 });
  });
});
