import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naturalOrder, type PagePosition } from '#engine';
import { migrate } from '#postgres';
import type { EpochMs, TimerCondition, TimerId } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';
import { generateTimers } from '../../../../test/harness/generate-timers.js';
import { clocklessQuery, dueBySlotQuery, dueQuery, listQuery, type Query } from './list-sql.js';
import { readCount, readPage } from './pages.js';
import { ReadPool, type Reads } from './read-pool.js';

const timers = 50_000;
const bounds = { limit: 100, bytes: 4 * 1024 * 1024 };
const dayMs = 86_400_000;
const tomorrow = (Math.floor(Date.now() / dayMs) + 1) * dayMs;
const at = (ms: number): EpochMs => (tomorrow + ms) as EpochMs;

interface Node {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}
const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
/** Of a table or an index; what reads from another node reads nothing of its own. */
const isScan = (node: Node): boolean =>
  /Scan$/.test(node['Node Type']) && !['CTE Scan', 'Subquery Scan'].includes(node['Node Type']);
const rowsRead = (node: Node): number =>
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];

/** What a page of each filter goes by in its natural order, and how many rows it may read to be made. */
const filters: readonly {
  readonly condition: TimerCondition;
  readonly index: string;
  readonly rowsMax: number;
}[] = [
  { condition: {}, index: 'timer_spec_pkey', rowsMax: 1_000 },
  { condition: { namespace: 'tenant-7' }, index: 'timer_spec_name', rowsMax: 1_000 },
  { condition: { namespace: 'tenant-7', key: 'order-000000007' }, index: 'timer_spec_', rowsMax: 10 },
  { condition: { key: 'order-000000007' }, index: 'timer_spec_key', rowsMax: 10 },
  { condition: { keyPrefix: 'order-00001' }, index: 'timer_spec_key', rowsMax: 1_000 },
  {
    condition: { namespace: 'tenant-7', keyPrefix: 'order-00001' },
    index: 'timer_spec_name',
    rowsMax: 1_000,
  },
  {
    condition: { parentId: '019b7635-0000-7000-8000-000000000000' as TimerId },
    index: 'timer_spec_parent',
    rowsMax: 10,
  },
  { condition: { hookClass: 'hooks-3' }, index: 'timer_spec_hook_class', rowsMax: 1_000 },
  { condition: { status: ['open'] }, index: 'timer_state_open', rowsMax: 1_000 },
  { condition: { status: ['asking'] }, index: 'timer_state_open', rowsMax: 10 },
  { condition: { status: ['paused'] }, index: 'timer_state_at_rest', rowsMax: 1_000 },
  { condition: { status: ['faulted'] }, index: 'timer_state_at_rest', rowsMax: 1_000 },
  { condition: { status: ['waiting'] }, index: 'timer_state_pkey', rowsMax: 1_000 },
  { condition: { givenUp: true }, index: 'timer_state_given_up', rowsMax: 1_000 },
  { condition: { hookClass: 'hooks-3', givenUp: true }, index: 'timer_state_given_up', rowsMax: 1_500 },
  { condition: { enable: false }, index: 'timer_spec_disabled', rowsMax: 1_000 },
  { condition: { enable: true }, index: 'timer_spec_pkey', rowsMax: 1_000 },
];

/** Read beside what a filter costs: the sample of tags, and spec and state of each timer of a page, for their sizes and for themselves. */
const sampledRows = 8 * 128 + 2;
const pageRows = 4 * (bounds.limit + 1);
const tagged: readonly { readonly condition: TimerCondition; readonly rowsMax: number }[] = [
  { condition: { tags: ['rare'] }, rowsMax: 100 },
  { condition: { tags: ['nowhere'] }, rowsMax: 0 },
  { condition: { tags: ['eu'] }, rowsMax: 1_000 },
  { condition: { tags: ['team-7'] }, rowsMax: 15_000 },
  { condition: { tags: ['eu', 'team-7'] }, rowsMax: 35_000 },
  { condition: { tags: ['rare'], namespace: 'tenant-0' }, rowsMax: 100 },
  { condition: { tags: ['rare'], hookClass: 'hooks-0' }, rowsMax: 100 },
  { condition: { tags: ['rare'], status: ['waiting'] }, rowsMax: 100 },
  { condition: { and: [{ tags: ['rare'] }, { not: { hookClass: 'hooks-3' } }] }, rowsMax: 100 },
  { condition: { tags: ['rare'], or: [{ status: ['paused'] }, { enable: true }] }, rowsMax: 100 },
  { condition: { tags: ['rare'], dueFrom: at(0), dueBefore: at(10 * dayMs) }, rowsMax: 100 },
];
/** What the planner may believe of tags: the most common ones in their order, and how often they, the rarest and the most common of them, and null are met. */
const beliefs: readonly [string, readonly string[], readonly number[]][] = [
  ['hardly anything', ['other'], [0.9, 0.9, 0.9, 0]],
  ['that each is common', ['eu', 'nowhere', 'rare', 'team-7'], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0]],
  ['that none is common', ['other'], [0.00002, 0.00002, 0.00002, 0]],
];

describe('plans of lists', () => {
  let writes: pg.Pool;
  let pool: ReadPool;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    await migrate(database.url, 8);
    writes = new pg.Pool({ connectionString: database.url, max: 1 });
    await generateTimers(writes, timers);
    pool = new ReadPool({
      databaseUrl: database.url,
      applicationName: 'plans',
      log: { warn: () => undefined },
    });
  });
  afterAll(async () => {
    await pool.close();
    await writes.end();
    await drop();
  });

  async function scansOf({
    text,
    values,
  }: Query): Promise<{ indexes: string; rows: number; seqScans: number; heapScans: number }> {
    const [row] = await pool.rows(`explain (analyze, timing off, format json) ${text}`, values);
    const [plan] = (row?.[0] ?? []) as readonly { readonly Plan: Node }[];
    const scans = plan === undefined ? [] : flat(plan.Plan).filter(isScan);
    return {
      indexes: scans.map((node) => node['Index Name'] ?? '').join(' '),
      rows: scans.reduce((sum, node) => sum + rowsRead(node), 0),
      seqScans: scans.filter((node) => node['Node Type'] === 'Seq Scan').length,
      // many rows of a table at once, rather than the few of a page one by one
      heapScans: scans.filter((node) => node['Node Type'] === 'Bitmap Heap Scan').length,
    };
  }

  /** What all queries of one question read together. */
  async function readBy(
    ask: (reads: Reads) => Promise<unknown>,
  ): Promise<{ rows: number; seqScans: number }> {
    const scans: { rows: number; seqScans: number }[] = [];
    await ask({
      rows: async (text, values) => {
        if (!text.startsWith('explain')) scans.push(await scansOf({ text, values }));
        return pool.rows(text, values);
      },
    });
    const sum = (of: 'rows' | 'seqScans'): number => scans.reduce((total, each) => total + each[of], 0);
    return { rows: sum('rows'), seqScans: sum('seqScans') };
  }

  it.each(filters)('$condition goes by $index', async ({ condition, index, rowsMax }) => {
    const order = naturalOrder(condition) === 'key' ? 'key' : 'id';
    const { indexes, rows, seqScans } = await scansOf(listQuery(order, condition, null, bounds));
    expect(indexes).toContain(index);
    expect(seqScans).toBe(0);
    expect(rows).toBeLessThanOrEqual(rowsMax);
  });

  it('a page in the middle reads no more than the first', async () => {
    const after: PagePosition = { order: 'key', key: 'order-000025000', namespace: 'tenant-0' };
    for (const condition of [{}, { namespace: 'tenant-7' }, { keyPrefix: 'order-' }]) {
      const { rows, seqScans } = await scansOf(listQuery('key', condition, after, bounds));
      expect([rows <= 1_000, seqScans]).toEqual([true, 0]);
    }
  });

  it.each<[string, TimerCondition]>([
    ['all', {}],
    ['a range', { dueFrom: at(0), dueBefore: at(10 * dayMs) }],
    ['one moment of many', { dueFrom: at(5 * dayMs), dueBefore: at(5 * dayMs + 1) }],
  ])('what is due, %s, is merged from the slots, a few of each', async (_, condition) => {
    const share = 4;
    const { indexes, rows, seqScans } = await scansOf(dueBySlotQuery(condition, null, bounds, share));
    expect(indexes).toContain('timer_state_due');
    expect(seqScans).toBe(0);
    expect(rows).toBeLessThanOrEqual(256 * share + 1_000);
  });

  describe.each(beliefs)('of timers with tags, while the planner believes %s', (_, elements, frequencies) => {
    beforeAll(async () => {
      await writes.query(
        `select pg_restore_attribute_stats('schemaname', 'public', 'relname', 'timer_spec', 'attname', 'tags', 'inherited', false,
          'version', current_setting('server_version_num')::int, 'null_frac', 0::real, 'avg_width', 40, 'n_distinct', -0.5::real,
          'most_common_elems', $1::text, 'most_common_elem_freqs', $2::real[])`,
        [`{${elements.join()}}`, frequencies],
      );
    });

    it.each(tagged)('$condition reads few others', async ({ condition, rowsMax }) => {
      const read = await readBy((reads) =>
        readPage(reads, { order: naturalOrder(condition), condition, after: null, limit: bounds.limit }),
      );
      expect(read.seqScans).toBe(0);
      expect(read.rows).toBeLessThanOrEqual(sampledRows + pageRows + rowsMax);
    });

    it('a rare one in the order of next times, and the count of it, read few others', async () => {
      const condition = { tags: ['rare'] };
      const page = { order: 'nextFireTime', condition, after: null, limit: 3 } as const;
      for (const ask of [(r: Reads) => readPage(r, page), (r: Reads) => readCount(r, condition, 1_000)]) {
        const { rows, seqScans } = await readBy(ask);
        expect([rows <= sampledRows + pageRows, seqScans]).toEqual([true, 0]);
      }
    });
  });

  it('tags that the sample misses are found all the same', async () => {
    const run = 2_000;
    // between the places where the sample looks, and more than are looked at one by one
    const hidden = `select id, key from (select id, key, row_number() over (order by id) - 1 as n from timer_spec) numbered
      where (n * 16 / ${timers}) % 2 = 0 or n % (${timers} / 8) > ${timers} / 16 + ${run}`;
    await writes.query(
      `update timer_spec p set tags = tags || '{hidden}' from (${hidden}) hidden where hidden.id = p.id`,
    );
    const { rows: expected } = await writes.query<{ id: string }>(
      `select id from timer_spec where 'hidden' = any (tags) order by id`,
    );
    expect(expected.length).toBeGreaterThan(20_000);
    const { timers: found } = await readPage(pool, {
      order: 'id',
      condition: { tags: ['hidden'] },
      after: { order: 'id', id: expected[99]?.id as TimerId },
      limit: 1_000,
    });
    expect(found.map(({ id }) => id)).toEqual(expected.slice(100, 1_100).map(({ id }) => id));
    expect(await readCount(pool, { tags: ['hidden'] }, timers)).toBe(expected.length);
  });

  it('what is due of a namespace is found without reading a timer that is not', async () => {
    const condition = { namespace: 'tenant-7', dueFrom: at(0), dueBefore: at(dayMs) };
    const { indexes, seqScans, heapScans } = await scansOf(dueQuery(condition, null, bounds));
    expect(indexes).toContain('timer_spec_name');
    expect([seqScans, heapScans]).toEqual([0, 0]);
  });

  it('timers without a next time have an index of their own', async () => {
    const { indexes, rows, seqScans } = await scansOf(clocklessQuery({}, null, bounds));
    expect(indexes).toContain('timer_state_clockless');
    expect([rows <= 1_000, seqScans]).toEqual([true, 0]);
  });
});
