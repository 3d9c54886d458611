import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '#postgres';
import { freshDatabase } from '../../../test/harness/database.js';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Actual Loops'?: number;
  readonly Plans?: readonly Plan[];
}
const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

/** Each hot statement on tables of some size: by the index we think, with the condition inside it. */
const hot: readonly { file: string; types: string; values: string; index: string; condition: string }[] = [
  {
    file: 'overdue',
    types: 'int, int',
    values: '1000, 500',
    index: 'timer_state_due',
    condition: 'next_fire_at <',
  },
  {
    file: 'armed-until',
    types: 'smallint[], timestamptz, int, timestamptz',
    values: `'{1,2}', now(), 10, '-infinity'`,
    index: 'timer_state_due',
    condition: 'next_fire_at <=',
  },
  {
    file: 'partition-stands',
    types: 'text, int, int',
    values: `'timers.commands', 60000, 195`,
    index: 'timer_state_due',
    condition: 'next_fire_at <=',
  },
  {
    file: 'load-due',
    types: 'uuid[], bigint',
    values: `array[gen_random_uuid()], 1000`,
    index: 'timer_state_pkey',
    condition: 'id =',
  },
  {
    file: 'load-by-key',
    types: 'text[], text[], bigint',
    values: `'{n}', '{k}', 1000`,
    // either of the two that begin with the pair
    index: 'timer_spec_',
    condition: 'namespace =',
  },
  {
    file: 'taken-names',
    types: 'text[], text[]',
    values: `'{n}', '{k}'`,
    // either of the two that begin with the pair
    index: 'timer_spec_',
    condition: 'namespace =',
  },
  {
    file: 'load-answers',
    types: 'uuid[], int, int',
    values: `array[gen_random_uuid()], 16, 2048`,
    index: 'rejection_command',
    condition: 'command_id =',
  },
  {
    file: 'load-answers',
    types: 'uuid[], int, int',
    values: `array[gen_random_uuid()], 16, 2048`,
    index: 'unchanged_command_id',
    condition: 'command_id =',
  },
  {
    file: 'load-tombstones',
    types: 'text[], text[], uuid[]',
    values: `'{n}', '{k}', '{}'`,
    index: 'timer_tombstone_name',
    condition: 'namespace =',
  },
  {
    file: 'load-usage',
    types: 'text[], uuid[]',
    values: `'{n}', array[gen_random_uuid()]`,
    index: 'namespace_usage_pkey',
    condition: 'namespace =',
  },
  {
    file: 'change-usage',
    types: 'text[], smallint[], int[]',
    values: `'{n}', '{1}', '{1}'`,
    index: 'namespace_usage_pkey',
    condition: 'partition =',
  },
  {
    file: 'read-after',
    types: 'smallint[], bigint[], int, timestamptz, bigint',
    values: `'{1}', '{0}', 10, now() - interval '1 hour', 1000`,
    index: '_position',
    condition: `"position" >`,
  },
];

describe('plans of hot statements', () => {
  let client: pg.Client;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    await migrate(database.url, 8);
    // as hot connections are set
    const options =
      '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off';
    client = new pg.Client({ connectionString: database.url, options });
    await client.connect();
    await client.query(
      `insert into timer_spec select gen_random_uuid(), now(), n % 256, 'n', 'k' || n, '', '{}', '{}' from generate_series(1, 20000) n`,
    );
    await client.query(
      `insert into timer_state (id, next_fire_at, version, attempt, fires, slot, status, phase, recent) select id, now() + interval '1 day', 1, 0, 0, slot, 0, 0, '' from timer_spec`,
    );
    await client.query(
      `insert into timer_tombstone select gen_random_uuid(), now(), 'n', 'g' || n, '' from generate_series(1, 20000) n`,
    );
    await client.query(
      `insert into rejection (command_id, source_offset, source_partition, source_topic, code, message)
       select gen_random_uuid(), n, 0, 't', 'c', 'm' from generate_series(1, 20000) n`,
    );
    await client.query(
      `insert into unchanged_command select now(), gen_random_uuid(), gen_random_uuid(), 1 from generate_series(1, 20000) n`,
    );
    await client.query(
      `insert into namespace_usage select 'n' || n, p, 0 from generate_series(1, 2500) n, generate_series(-1, 7) p`,
    );
    await client.query('analyze');
  });
  afterAll(async () => {
    await client.end();
    await drop();
  });

  it.each(hot)('$file goes by $index', async ({ file, types, values, index, condition }) => {
    const sql = readFileSync(new URL(`../sql/${file}.sql`, import.meta.url), 'utf8');
    await client.query(`prepare hot (${types}) as ${sql}`);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (format json) execute hot (${values})`,
    );
    await client.query('deallocate hot');
    const nodes = flat(rows[0]?.['QUERY PLAN'][0].Plan ?? { 'Node Type': 'none' });
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    const used = nodes.filter((node) => node['Index Name']?.includes(index));
    expect(used.map((node) => node['Index Cond']).join(' ')).toContain(condition);
  });

  it('overdue reads a bounded number of timers, however many are overdue', async () => {
    const max = 100;
    const { answered, read } = await sweepOf(max, `next_fire_at = now() - interval '1 hour'`);
    // one of each slot to see which have any, then their shares
    expect(read).toBeLessThanOrEqual(256 + 2 * max + 256);
    expect(answered).toBe(max);
  });

  it('overdue passes once, not twice, over timers that wait for an emission which is refused', async () => {
    // of each slot all but one wait, and that one is the least overdue
    const { answered, read } = await sweepOf(
      256,
      `next_fire_at = now() - interval '1 hour', phase = 1, fire_batch = (select id from fire_batch)`,
      `update timer_state set next_fire_at = now() - interval '1 minute', phase = 0, fire_batch = null
       where id in (select distinct on (slot) id from timer_state order by slot)`,
    );
    expect(read).toBeLessThanOrEqual(20_000 + 2 * 256);
    expect(answered).toBe(256);
  });

  /** Rows of timers that a sweep looks at where all timers are set so. @param then more updates */
  async function sweepOf(
    max: number,
    all: string,
    ...then: string[]
  ): Promise<{ answered: number; read: number }> {
    const sql = readFileSync(new URL('../sql/overdue.sql', import.meta.url), 'utf8');
    await client.query(`prepare hot (int, int) as ${sql}`);
    await client.query('begin');
    await client.query(
      `insert into fire_batch (id, timer_ids, versions) values (gen_random_uuid(), '{}', '{}')`,
    );
    for (const change of [`update timer_state set ${all}`, ...then]) await client.query(change);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, timing off, format json) execute hot (1000, ${max})`,
    );
    await client.query('rollback');
    await client.query('deallocate hot');
    const nodes = flat(rows[0]?.['QUERY PLAN'][0].Plan ?? { 'Node Type': 'none' });
    const reads = nodes.filter((node) => node['Index Name'] === 'timer_state_due');
    const read = reads.map(
      (node) =>
        ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 0),
    );
    return { answered: nodes[0]?.['Actual Rows'] ?? 0, read: read.reduce((sum, each) => sum + each, 0) };
  }
});
