import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naturalOrder, type PagePosition } from '#engine';
import { migrate } from '#postgres';
import type { EpochMs, TimerCondition, TimerId } from '#timer';
import { freshDatabase } from '../../../../test/harness/database.js';
import { generateTimers } from '../../../../test/harness/generate-timers.js';
import { clocklessQuery, dueBySlotQuery, dueQuery, listQuery, type Query } from './list-sql.js';
import { ReadPool } from './read-pool.js';

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
const isScan = (node: Node): boolean => /Scan$/.test(node['Node Type']) && node['Node Type'] !== 'CTE Scan';
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
  { condition: { tags: ['rare'] }, index: 'timer_spec_tags', rowsMax: 100 },
  { condition: { tags: ['team-7'] }, index: 'timer_spec_tags', rowsMax: 3_000 },
  { condition: { tags: ['eu'] }, index: 'timer_spec_pkey', rowsMax: 1_500 },
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

describe('plans of lists', () => {
  let pool: ReadPool;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    await migrate(database.url, 8);
    const writes = new pg.Pool({ connectionString: database.url, max: 1 });
    await generateTimers(writes, timers);
    await writes.end();
    pool = new ReadPool({
      databaseUrl: database.url,
      applicationName: 'plans',
      log: { warn: () => undefined },
    });
  });
  afterAll(async () => {
    await pool.close();
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

  it('what is due of few is found by what makes it few', async () => {
    const { indexes, seqScans } = await scansOf(dueQuery({ tags: ['rare'], dueFrom: at(0) }, null, bounds));
    expect(indexes).toContain('timer_spec_tags');
    expect(seqScans).toBe(0);
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
