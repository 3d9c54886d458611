import type { Bulk, BulkClaim, BulkId, BulkOrder, BulkSettlement, BulkStore, BulkTarget } from '#engine';
import type { EpochMs } from '#timer';

interface Row {
  readonly bulk: Bulk;
  readonly cursor: string | null;
  readonly hasMore: boolean;
  readonly pending: readonly BulkTarget[];
  readonly epoch: number;
  readonly claimedUntil: EpochMs | null;
  /** For the turn: the one that was worked at longest ago comes next. */
  readonly workedAt: number;
}

/** Bulks on a plain map, by the rules of the database. */
export class InMemoryBulkStore implements BulkStore {
  readonly #rows = new Map<BulkId, Row>();
  #turns = 0;

  constructor(private readonly now: () => EpochMs) {}

  add(order: BulkOrder): Promise<Bulk> {
    const bulk: Bulk = {
      ...order,
      requestedAt: this.now(),
      status: 'running',
      endedAt: null,
      matched: 0,
      applied: 0,
      refusals: [],
    };
    const fresh = { bulk, cursor: null, hasMore: true, pending: [], epoch: 0, claimedUntil: null };
    const row = this.#rows.get(order.id) ?? { ...fresh, workedAt: this.#turn() };
    this.#rows.set(order.id, row);
    return Promise.resolve(row.bulk);
  }

  find(id: BulkId): Promise<Bulk | null> {
    return Promise.resolve(this.#rows.get(id)?.bulk ?? null);
  }

  recent(limit: number, actor: string | null): Promise<readonly Bulk[]> {
    return Promise.resolve(
      [...this.#rows.values()]
        .map(({ bulk }) => bulk)
        .filter((bulk) => actor === null || bulk.actor === actor)
        .reverse()
        .slice(0, limit),
    );
  }

  cancel(id: BulkId): Promise<Bulk | null> {
    const row = this.#rows.get(id);
    if (row?.bulk.status === 'running')
      this.#change(row, { bulk: { ...row.bulk, status: 'cancelled', endedAt: this.now() } });
    return this.find(id);
  }

  claim(leaseMs: number): Promise<BulkClaim | null> {
    const now = this.now();
    const [row] = [...this.#rows.values()]
      .filter(({ bulk, claimedUntil }) => bulk.status === 'running' && (claimedUntil ?? now) <= now)
      .sort((a, b) => a.workedAt - b.workedAt);
    if (row === undefined) return Promise.resolve(null);
    const { bulk, cursor, hasMore, pending, epoch } = this.#change(row, {
      epoch: row.epoch + 1,
      claimedUntil: (now + leaseMs) as EpochMs,
      workedAt: this.#turn(),
    });
    return Promise.resolve({ bulk, cursor, hasMore, pending, epoch });
  }

  begin(
    claim: BulkClaim,
    targets: readonly BulkTarget[],
    next: string | null,
    leaseMs: number,
  ): Promise<boolean> {
    const row = this.#mine(claim);
    if (row?.bulk.status !== 'running') return Promise.resolve(false);
    this.#change(row, {
      bulk: { ...row.bulk, matched: row.bulk.matched + targets.length },
      pending: targets,
      cursor: next,
      hasMore: next !== null,
      claimedUntil: (this.now() + leaseMs) as EpochMs,
    });
    return Promise.resolve(true);
  }

  renew(claim: BulkClaim, leaseMs: number): Promise<boolean> {
    const row = this.#mine(claim);
    if (row === null || row.claimedUntil === null) return Promise.resolve(false);
    this.#change(row, { claimedUntil: (this.now() + leaseMs) as EpochMs });
    return Promise.resolve(true);
  }

  settle(claim: BulkClaim, { applied, refusals }: BulkSettlement): Promise<boolean> {
    const row = this.#mine(claim);
    if (row === null) return Promise.resolve(false);
    const isDone = row.bulk.status === 'running' && !row.hasMore;
    const counted = { ...row.bulk, applied: row.bulk.applied + applied, refusals };
    this.#change(row, {
      bulk: isDone ? { ...counted, status: 'done', endedAt: this.now() } : counted,
      pending: [],
      claimedUntil: null,
      workedAt: this.#turn(),
    });
    return Promise.resolve(true);
  }

  forget(olderThanMs: number): Promise<void> {
    for (const [id, { bulk }] of this.#rows)
      if (bulk.endedAt !== null && bulk.endedAt + olderThanMs <= this.now()) this.#rows.delete(id);
    return Promise.resolve();
  }

  #mine({ bulk, epoch }: BulkClaim): Row | null {
    const row = this.#rows.get(bulk.id);
    return row?.epoch === epoch ? row : null;
  }

  #change(row: Row, change: Partial<Row>): Row {
    const changed = { ...row, ...change };
    this.#rows.set(row.bulk.id, changed);
    return changed;
  }

  #turn(): number {
    this.#turns += 1;
    return this.#turns;
  }
}
