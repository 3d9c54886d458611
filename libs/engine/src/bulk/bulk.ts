import type { Brand, EpochMs, TimerCondition, TimerId } from '#timer';

/** One wish for all timers of a condition. */
export type BulkId = Brand<string, 'BulkId'>;

export type BulkAction =
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'delete' }
  /** `remove` first, then `add`: a tag in both is there afterwards. */
  | { readonly type: 'retag'; readonly add: readonly string[]; readonly remove: readonly string[] };

export interface BulkOrder {
  readonly id: BulkId;
  readonly action: BulkAction;
  readonly condition: TimerCondition;
  /** Who asks; kept with each event that comes of it. */
  readonly actor: string | null;
}

/** Timers that said no for one reason, and the first of them. */
export interface BulkRefusal {
  readonly code: string;
  readonly count: number;
  readonly example: { readonly timerId: TimerId; readonly message: string };
}

/** How far it has come. `matched` = `applied` + what the refusals count + those whose outcome is not known yet. */
export interface Bulk extends BulkOrder {
  readonly requestedAt: EpochMs;
  /** `cancelled`: no further timer is taken up; what was done stays done. */
  readonly status: 'running' | 'done' | 'cancelled';
  readonly endedAt: EpochMs | null;
  /** Timers found so far. */
  readonly matched: number;
  readonly applied: number;
  readonly refusals: readonly BulkRefusal[];
}

export interface BulkTarget {
  readonly timerId: TimerId;
  readonly namespace: string;
  readonly key: string;
}

/** A bulk that one worker has for a while. `epoch` fences it: whoever claims it later has a higher one. */
export interface BulkClaim {
  readonly bulk: Bulk;
  readonly epoch: number;
  /** Where the list goes on; null: at its beginning. */
  readonly cursor: string | null;
  /** The list has more behind the cursor. */
  readonly hasMore: boolean;
  /** Taken up by this worker or a former one, outcome unknown: to be sent, perhaps again. */
  readonly pending: readonly BulkTarget[];
}

export interface BulkSettlement {
  readonly applied: number;
  readonly refusals: readonly BulkRefusal[];
}

/**
 * Bulks and how far each has come. A page of timers is noted before anything is sent to them and settled after, so a worker
 * that dies in between leaves their names to the next one.
 */
export interface BulkStore {
  /** The same id again changes nothing; answers what is there. */
  add(order: BulkOrder): Promise<Bulk>;
  find(id: BulkId): Promise<Bulk | null>;
  /** The latest first; only those of an actor, or (null) everybody's. */
  recent(limit: number, actor: string | null): Promise<readonly Bulk[]>;
  /** Answers it as it is then; one that has ended stays as it ended. */
  cancel(id: BulkId): Promise<Bulk | null>;
  /** The running one that has waited longest and that nobody has; ours until the lease is over or it is settled. */
  claim(leaseMs: number): Promise<BulkClaim | null>;
  /** Notes which timers come next and where the list goes on. False: it was cancelled, or is somebody else's now. */
  begin(
    claim: BulkClaim,
    targets: readonly BulkTarget[],
    next: string | null,
    leaseMs: number,
  ): Promise<boolean>;
  /** Ours for so long again, cancelled or not. False: it is somebody else's now, or was given back. */
  renew(claim: BulkClaim, leaseMs: number): Promise<boolean>;
  /** Counts the outcomes of what was pending, ends the bulk if there is no more, and gives it back. False: as above. */
  settle(claim: BulkClaim, settlement: BulkSettlement): Promise<boolean>;
  /** Forgets those that ended longer ago than this. */
  forget(olderThanMs: number): Promise<void>;
}
