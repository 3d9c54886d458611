import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naturalOrder, type PagePosition } from '#engine';
import { migrate } from '#postgres';
import type { EpochMs, TimerCondition, TimerId } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';
import { generateTimers } from '../../../../test/harness/generate-timers.js';
import { statement } from '../connection/statement.js';
import { clocklessQuery, dueBySlotQuery, dueQuery, listQuery, type Query } from './list-sql.js';
import { readCount, readPage } from './pages.js';
import { ReadPool, type Reads } from './read-pool.js';

const { text: sampleSql } = statement('sample-tags');
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
const sampledRows = 128 * 8;
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
  [
    'that each is common',
    ['early', 'eu', 'late', 'nowhere', 'rare', 'team-7'],
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0],
  ],
  ['that none is common', ['other'], [0.00002, 0.00002, 0.00002, 0]],
];

/** Timers in the order of ids at whose one end all are that have the tags `early` and `late`. */
const atOneEnd = timers / 10;
/** They are read from the index of tags and from the table, and none but they. */
const rowsAtOneEnd = 2 * atOneEnd;

/** What a sample may say: how many timers it met, and how many that have the tags, at how many places, and how many before the first of these. */
const samples: readonly [string, readonly number[]][] = [
  ['are nowhere', [1_024, 0, 0, 1_024]],
  ['are rare', [1_024, 1, 1, 100]],
  ['are few', [1_024, 4, 4, 100]],
  ['are one in a hundred', [1_024, 10, 10, 100]],
  ['are many', [1_024, 512, 120, 2]],
  ['begin far from here', [1_024, 100, 12, 900]],
];

describe('plans of lists', () => {
  let writes: pg.Pool;
  let pool: ReadPool;
  let drop: () => Promise<void>;
  let ids: readonly TimerId[];
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    await migrate(database.url, 8);
    writes = new pg.Pool({ connectionString: database.url, max: 1 });
    await generateTimers(writes, timers);
    for (const [tag, direction] of [
      ['early', 'asc'],
      ['late', 'desc'],
    ])
      await writes.query(
        `update timer_spec set tags = tags || $1::text where id in (select id from timer_spec order by id ${direction} limit $2)`,
        [tag, atOneEnd],
      );
    const { rows } = await writes.query<{ id: TimerId }>('select id from timer_spec order by id');
    ids = rows.map(({ id }) => id);
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

  /** Behind the n-th timer by id; -1 is before the first. */
  function positionAt(n: number): PagePosition | null {
    const id = ids[n];
    return id === undefined ? null : { order: 'id', id };
  }

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

    it.each<[string, TimerCondition, number]>([
      ['what only the newest have, from the first', { tags: ['late'] }, -1],
      ['what only the newest have, joined to nothing', { and: [{ tags: ['late'] }, {}] }, -1],
      ['what only the oldest have, from the last of them', { tags: ['early'] }, atOneEnd - 50],
    ])('%s, is found without reading past the others', async (_, condition, after) => {
      const read = await readBy((reads) =>
        readPage(reads, { order: 'id', condition, after: positionAt(after), limit: bounds.limit }),
      );
      expect(read.seqScans).toBe(0);
      expect(read.rows).toBeLessThanOrEqual(sampledRows + pageRows + rowsAtOneEnd);
    });

    it('what only the newest have, from one of them, is walked to', async () => {
      const after = positionAt(timers - atOneEnd / 2);
      const condition = { tags: ['late'] };
      const { rows, seqScans } = await readBy((reads) =>
        readPage(reads, { order: 'id', condition, after, limit: bounds.limit }),
      );
      expect([rows <= sampledRows + pageRows + 1_000, seqScans]).toEqual([true, 0]);
    });

    it('what only the newest have is counted without reading past the others', async () => {
      const { rows, seqScans } = await readBy((reads) => readCount(reads, { tags: ['late'] }, 1_000));
      expect([rows <= sampledRows + atOneEnd + 1_001, seqScans]).toEqual([true, 0]);
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

  it.each(samples)('tags are found though a sample says that they %s', async (_, sample) => {
    const misled: Reads = {
      rows: async (text, values) => (text === sampleSql ? [sample] : pool.rows(text, values)),
    };
    for (const tags of [['eu'], ['late'], ['early'], ['team-7'], ['rare'], ['nowhere'], ['eu', 'late']]) {
      const { rows } = await writes.query<{ id: TimerId }>(
        'select id from timer_spec where tags @> $1 order by id',
        [tags],
      );
      const expected = rows.map(({ id }) => id);
      for (const from of [0, 100]) {
        const last = expected[from - 1];
        const after: PagePosition | null = last === undefined ? null : { order: 'id', id: last };
        const page = await readPage(misled, { order: 'id', condition: { tags }, after, limit: 100 });
        const rest = last === undefined ? expected : expected.slice(from);
        expect(page.timers.map(({ id }) => id)).toEqual(rest.slice(0, 100));
        expect(page.hasMore).toBe(rest.length > 100);
      }
      expect(await readCount(misled, { tags }, timers)).toBe(expected.length);
    }
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
