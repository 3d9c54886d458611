import type { Pool } from 'pg';
import type {
  Bulk,
  BulkAction,
  BulkClaim,
  BulkId,
  BulkOrder,
  BulkRefusal,
  BulkSettlement,
  BulkStore,
  BulkTarget,
} from '#engine';
import type { EpochMs, TimerCondition } from '#timer';
import { statement } from '../connection/statement.js';

const [add, claim, begin, renew, settle] = [
  statement('bulk-add').text,
  statement('bulk-claim').text,
  statement('bulk-begin').text,
  statement('bulk-renew').text,
  statement('bulk-settle').text,
];
const columns = 'id, requested_at, ended_at, actor, action, condition, status, matched, applied, refusals';

/** Bulks are few and their pages seconds apart: an ordinary pool, one statement a step. */
export class PostgresBulkStore implements BulkStore {
  constructor(private readonly pool: Pool) {}

  async add({ id, action, condition, actor }: BulkOrder): Promise<Bulk> {
    await this.pool.query(add, [id, actor, JSON.stringify(action), JSON.stringify(condition)]);
    const bulk = await this.find(id);
    if (bulk === null) throw new Error(`bulk ${id} was forgotten while it was added`);
    return bulk;
  }

  async find(id: BulkId): Promise<Bulk | null> {
    return this.#first(`select ${columns} from bulk_request where id = $1`, [id]);
  }

  async recent(limit: number, actor: string | null): Promise<readonly Bulk[]> {
    const { rows } = await this.pool.query<BulkRow>(
      `select ${columns} from bulk_request where $2::text is null or actor = $2
       order by requested_at desc, id desc limit $1`,
      [limit, actor],
    );
    return rows.map(bulkOf);
  }

  async cancel(id: BulkId): Promise<Bulk | null> {
    await this.pool.query(
      `update bulk_request set status = 'cancelled', ended_at = clock_timestamp() where id = $1 and status = 'running'`,
      [id],
    );
    return this.find(id);
  }

  async claim(leaseMs: number): Promise<BulkClaim | null> {
    const { rows } = await this.pool.query<ClaimRow>(claim, [leaseMs]);
    const [row] = rows;
    if (row === undefined) return null;
    const { epoch, cursor, has_more, pending } = row;
    return {
      bulk: bulkOf(row),
      epoch,
      cursor,
      hasMore: has_more,
      pending: JSON.parse(pending) as BulkTarget[],
    };
  }

  async begin(
    { bulk, epoch }: BulkClaim,
    targets: readonly BulkTarget[],
    next: string | null,
    leaseMs: number,
  ): Promise<boolean> {
    const values = [bulk.id, epoch, JSON.stringify(targets), targets.length, next, leaseMs];
    return (await this.pool.query(begin, values)).rowCount === 1;
  }

  async renew({ bulk, epoch }: BulkClaim, leaseMs: number): Promise<boolean> {
    return (await this.pool.query(renew, [bulk.id, epoch, leaseMs])).rowCount === 1;
  }

  async settle({ bulk, epoch }: BulkClaim, { applied, refusals }: BulkSettlement): Promise<boolean> {
    const values = [bulk.id, epoch, applied, JSON.stringify(refusals)];
    return (await this.pool.query(settle, values)).rowCount === 1;
  }

  async forget(olderThanMs: number): Promise<void> {
    await this.pool.query(
      `delete from bulk_request where ended_at <= clock_timestamp() - $1::bigint * interval '1 millisecond'`,
      [olderThanMs],
    );
  }

  async #first(text: string, values: readonly unknown[]): Promise<Bulk | null> {
    const { rows } = await this.pool.query<BulkRow>(text, [...values]);
    return rows[0] === undefined ? null : bulkOf(rows[0]);
  }
}

interface BulkRow {
  readonly id: BulkId;
  readonly requested_at: Date;
  readonly ended_at: Date | null;
  readonly actor: string | null;
  readonly action: string;
  readonly condition: string;
  readonly status: Bulk['status'];
  readonly matched: number;
  readonly applied: number;
  readonly refusals: string;
}
interface ClaimRow extends BulkRow {
  readonly epoch: number;
  readonly cursor: string | null;
  readonly has_more: boolean;
  readonly pending: string;
}

const bulkOf = (row: BulkRow): Bulk => ({
  id: row.id,
  action: JSON.parse(row.action) as BulkAction,
  condition: JSON.parse(row.condition) as TimerCondition,
  actor: row.actor,
  requestedAt: row.requested_at.getTime() as EpochMs,
  status: row.status,
  endedAt: row.ended_at === null ? null : (row.ended_at.getTime() as EpochMs),
  matched: row.matched,
  applied: row.applied,
  refusals: JSON.parse(row.refusals) as BulkRefusal[],
});
