import type { TimerState } from '#timer';
import type { Logger, Sleep } from '../ports.js';
import type { TimerQueries } from '../queries/timer-queries.js';
import type { BulkClaim, BulkStore, BulkTarget } from './bulk.js';
import { type BulkCommands, type BulkOutcome, bulkCommand } from './bulk-commands.js';
import { countRefusals } from './refusals.js';

export interface BulkWorkerDeps {
  readonly store: BulkStore;
  /** Of the database itself: a replica may be behind what was just changed. */
  readonly queries: TimerQueries;
  readonly commands: BulkCommands;
  readonly logger: Logger;
  readonly sleep: Sleep;
  readonly limits?: Partial<BulkLimits>;
}

export interface BulkLimits {
  /** Timers that are sent a command at once. */
  readonly timersPerPageMax: number;
  /** A page whose worker does not renew its lease for so long may be taken up by another one. */
  readonly leaseMs: number;
  /** How often it is looked whether there is work. */
  readonly idleMs: number;
  /** Of a timer whose tags change under the hand. */
  readonly attemptsMax: number;
  /** Of a command that is refused for its namespace's rate. */
  readonly waitsMax: number;
}

export const defaultBulkLimits: BulkLimits = Object.freeze({
  timersPerPageMax: 200,
  leaseMs: 30_000,
  idleMs: 1_000,
  attemptsMax: 5,
  waitsMax: 100,
});

const renewalsPerLease = 3;

/**
 * Works bulks off, a page at a time and in turn. Any number of workers may run, in any process: a claim has a lease, and its
 * epoch fences what a frozen worker might still write. Commands have ids that derive from the bulk and the timer, so
 * a page that is sent again after a crash is applied once.
 */
export class BulkWorker {
  readonly #limits: BulkLimits;

  constructor(private readonly deps: BulkWorkerDeps) {
    this.#limits = { ...defaultBulkLimits, ...deps.limits };
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        if (await this.tick(stop)) continue;
      } catch (error) {
        this.deps.logger.warn({ error: String(error) }, 'bulk page will be taken up again');
      }
      await this.deps.sleep(this.#limits.idleMs, stop);
    }
  }

  /** Works off one page of one bulk; false: there was nothing to do. */
  async tick(stop?: AbortSignal): Promise<boolean> {
    const claim = await this.deps.store.claim(this.#limits.leaseMs);
    if (claim === null) return false;
    if (claim.pending.length > 0) await this.#send(claim, claim.pending, new Map(), stop);
    else await this.#nextPage(claim, stop);
    return true;
  }

  async #nextPage(claim: BulkClaim, stop?: AbortSignal): Promise<void> {
    const { bulk, cursor } = claim;
    const { timers, next } = await this.deps.queries.list(bulk.condition, {
      order: 'id',
      limit: this.#limits.timersPerPageMax,
      after: cursor,
    });
    // ids rise: what was made after the request lies behind everything that was there
    const meant = timers.filter(({ createTime }) => createTime <= bulk.requestedAt);
    const hasPassedAll = timers.length > 0 && meant.length === 0;
    const isTaken = await this.deps.store.begin(
      claim,
      meant.map(targetOf),
      hasPassedAll ? null : next,
      this.#limits.leaseMs,
    );
    if (isTaken)
      await this.#send(claim, meant.map(targetOf), new Map(meant.map((state) => [state.id, state])), stop);
  }

  async #send(
    claim: BulkClaim,
    targets: readonly BulkTarget[],
    states: ReadonlyMap<string, TimerState>,
    stop?: AbortSignal,
  ): Promise<void> {
    const { bulk } = claim;
    const outcomes = await this.#whileHeld(claim, stop, (isOver) =>
      Promise.all(
        targets.map(async (target) => ({
          timerId: target.timerId,
          ...(await this.#askUntilDecided(claim, target, states.get(target.timerId) ?? null, isOver)),
        })),
      ),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome]));
    await this.deps.store.settle(claim, {
      applied: outcomes.length - refused.length,
      refusals: countRefusals(bulk.refusals, refused),
    });
  }

  /**
   * A page may take many leases where a rate makes it wait. @param work is told when it is stopped, or another worker has the page
   * @throws what `work` throws; whatever it has begun is told to stop then
   */
  async #whileHeld<T>(
    claim: BulkClaim,
    stop: AbortSignal | undefined,
    work: (isOver: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    const renewing = this.#renewUntil(over, claim);
    try {
      return await work(AbortSignal.any([over.signal, ...(stop === undefined ? [] : [stop])]));
    } finally {
      over.abort();
      await renewing;
    }
  }

  async #renewUntil(over: AbortController, claim: BulkClaim): Promise<void> {
    const { store, logger, sleep } = this.deps;
    const { leaseMs } = this.#limits;
    for (;;) {
      await sleep(leaseMs / renewalsPerLease, over.signal);
      if (over.signal.aborted) return;
      try {
        if (!(await store.renew(claim, leaseMs))) over.abort(new Error('another worker has the page by now'));
      } catch (error) {
        logger.warn({ error: String(error) }, 'the lease of a bulk page will be renewed again');
      }
    }
  }

  /**
   * New tags are made from the old ones: if the timer has changed meanwhile they are made again, by a further command. So is one that
   * came too fast for its namespace, when it is told to. @throws when it is over before that is decided
   */
  async #askUntilDecided(
    { bulk }: BulkClaim,
    target: BulkTarget,
    known: TimerState | null,
    isOver: AbortSignal,
  ): Promise<BulkOutcome> {
    const needsState = bulk.action.type === 'retag';
    let state = known;
    for (let [attempt, changes, waits] = [1, 0, 0]; ; attempt += 1) {
      isOver.throwIfAborted();
      if (needsState && state === null) state = await this.deps.queries.byId(target.timerId);
      const outcome = await this.deps.commands.ask(bulkCommand(bulk, target, state, attempt));
      if (outcome.ok) return outcome;
      if (outcome.retryAfterMs !== undefined && waits < this.#limits.waitsMax) {
        waits += 1;
        await this.deps.sleep(outcome.retryAfterMs, isOver);
      } else if (outcome.code === 'version-not-match' && changes + 1 < this.#limits.attemptsMax) {
        changes += 1;
        state = null;
      } else {
        return outcome;
      }
    }
  }
}

const targetOf = ({ id, spec }: TimerState): BulkTarget => ({
  timerId: id,
  namespace: spec.namespace,
  key: spec.key,
});
