import type { EpochMs, TimerId } from '#timer';
import type { Decider } from '../commands/decide-all.js';
import { GroupCommit } from '../group-commit.js';
import type { ArmedTimer, DueIndex } from '../log/due-index.js';
import { mayTryAgain, messageOf, tryAgainAfterMs } from '../log/errors.js';
import type { TimerLog } from '../log/timer-log.js';
import type { LocalClock, Logger, Sleep } from '../ports.js';
import { Acknowledgements } from './acknowledgements.js';
import { ArmedTimers } from './armed-timers.js';
import { DatabaseClock } from './database-clock.js';
import {
  type Acknowledged,
  childNames,
  type DueDecision,
  decideDue,
  type Mint,
  type TraceOf,
} from './decide-due.js';
import type { EmissionSink } from './emission.js';
import { EmissionSender } from './emission-sender.js';
import { defaultFireLimits, type FireLimits } from './fire-limits.js';
import type { FireObserver } from './fire-observer.js';

export interface FireServiceDeps {
  readonly log: TimerLog;
  readonly index: DueIndex;
  readonly timer: Decider;
  readonly mint: Mint;
  readonly sink: EmissionSink;
  readonly logger: Logger;
  readonly clock: LocalClock;
  readonly sleep: Sleep;
  readonly observer?: FireObserver;
  readonly onFatal: (error: unknown) => void;
  readonly limits?: FireLimits;
  /** Default: contexts are passed on as they came. */
  readonly traceOf?: TraceOf | undefined;
}

/**
 * Of one transaction. A timer that has missed ten thousand ticks takes some 10 ms, and rows are locked meanwhile: what is not decided
 * by then goes into the next one, long before the database would cut this one off.
 */
const decidingMsMax = 200;

interface DueItem {
  readonly kind: 'due';
  readonly timer: ArmedTimer;
  readonly isOurs: boolean;
}
type FireItem = DueItem | { readonly kind: 'acknowledged'; readonly acknowledged: Acknowledged };

/**
 * Owns slots, watches what is due, triggers it and emits. Each due timer goes: heap → one transaction (lock, decide,
 * append, outbox row) → Kafka → outbox row gone. Ownership only says which timers this instance has in memory; that no
 * timer fires twice rests on the row lock and the decision alone.
 */
export class FireService {
  readonly clock: DatabaseClock;
  readonly #limits: FireLimits;
  readonly #armed: ArmedTimers;
  readonly #commits: GroupCommit<FireItem>;
  readonly #inFlight = new Set<TimerId>();
  readonly #acknowledged = new Acknowledgements();
  readonly #sender: EmissionSender;
  readonly #faults = new Map<TimerId, string>();
  #stopped = false;
  /** By the database's clock; what is due before it must wake us. */
  #napEndsAt = Number.POSITIVE_INFINITY;
  #wake: () => void = () => undefined;

  constructor(private readonly deps: FireServiceDeps) {
    this.#limits = deps.limits ?? defaultFireLimits;
    this.clock = new DatabaseClock(deps.clock);
    const { index, sink, clock, sleep, logger, observer } = deps;
    const shared = { index, databaseClock: this.clock, clock, logger, limits: this.#limits, observer };
    const wake = () => this.#wake();
    const isInFlight = (timerId: TimerId) => this.#inFlight.has(timerId);
    this.#armed = new ArmedTimers({ ...shared, sleep, isInFlight, wake });
    this.#sender = new EmissionSender({ ...shared, sink, acknowledgements: this.#acknowledged, wake });
    this.#commits = new GroupCommit<FireItem>(
      (batch) => this.#flight(batch),
      (waiting) => Math.min(waiting.length, this.#limits.duePerBatchMax),
      deps.onFatal,
    );
  }

  get armed(): number {
    return this.#armed.size;
  }

  get slots(): readonly number[] {
    return this.#armed.slots;
  }

  /** This instance's share of the slots has changed; what is due soon in them is read anew. */
  own(slots: readonly number[]): Promise<void> {
    return this.#armed.own(slots);
  }

  /**
   * The feed is not followed for a while: shares are being dealt out anew, or this instance leaves and its successor has
   * not begun. What is due within moments is read again and again meanwhile; `own` ends it.
   */
  unfollow(): void {
    this.#armed.unfollow();
  }

  /** News from the log: the clock of one timer as of one version. */
  follow(timerId: TimerId, slot: number, version: number, nextFireAt: EpochMs | null): void {
    this.#armed.follow(timerId, slot, version, nextFireAt);
    if (nextFireAt !== null && nextFireAt < this.#napEndsAt) this.#wake();
  }

  /** Fires what is due until the signal comes, then finishes what is under way. */
  async run(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!stop.aborted) {
      this.#submitDue();
      this.#armed.readAhead();
      await this.#nextWake(stopped);
    }
    this.#stopped = true;
    await this.#commits.drained();
    await this.#sender.allSettled();
    this.#commits.submit(this.#takeAcknowledged());
    await this.#commits.drained();
  }

  /** Anything overdue by more than a second, whoever owns it: the answer to an owner that died or froze. */
  async sweep(overdueByMs = 1_000): Promise<number> {
    await this.clock.ask(() => this.deps.index.now());
    if (!this.#sender.kafkaAnswers) return 0;
    const overdue = await this.deps.index.overdue(overdueByMs, this.#limits.duePerBatchMax);
    // what is armed by an older version waits there for another moment: the feed is behind
    const fresh = overdue.filter((timer) => !this.#inFlight.has(timer.timerId) && !this.#armed.has(timer));
    this.#submit(fresh, false);
    return fresh.length;
  }

  /** Sends what was committed and never acknowledged, whoever wrote it. While Kafka is silent, one batch at a time asks it. */
  resendPending(leaseMs: number): Promise<number> {
    return this.#sender.resendPending(leaseMs);
  }

  #submitDue(): void {
    const { duePerBatchMax } = this.#limits;
    const mayFire = !this.#stopped && this.#sender.kafkaAnswers && this.#commits.waiting < duePerBatchMax * 2;
    this.#submit(mayFire ? this.#armed.takeDue(this.clock.now(), duePerBatchMax) : [], true);
  }

  #submit(timers: readonly ArmedTimer[], isOurs: boolean): void {
    for (const { timerId } of timers) this.#inFlight.add(timerId);
    const due = timers.map((timer): FireItem => ({ kind: 'due', timer, isOurs }));
    const isTime = due.length > 0 || this.#acknowledged.patienceMs(this.deps.clock()) <= 0;
    this.#commits.submit(isTime ? [...this.#takeAcknowledged(), ...due] : due);
  }

  #takeAcknowledged(): FireItem[] {
    return this.#acknowledged.take().map((acknowledged) => ({ kind: 'acknowledged', acknowledged }));
  }

  async #nextWake(stopped: Promise<void>): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const nap = new AbortController();
    const napMs = this.#napMs();
    this.#napEndsAt = this.clock.now() + napMs;
    await Promise.race([stopped, woken, this.deps.sleep(napMs, nap.signal)]);
    nap.abort('woken');
  }

  #napMs(): number {
    const next = this.#armed.nextDueAt();
    const longest = this.#armed.napMsMax;
    // a full queue or a silent broker: the flight that ends wakes us
    if (!this.#sender.kafkaAnswers || this.#commits.waiting > 0) return longest;
    const untilDue = (next ?? Number.POSITIVE_INFINITY) - this.clock.now();
    const patienceMs = this.#acknowledged.patienceMs(this.deps.clock());
    return Math.max(0, Math.min(longest, untilDue, patienceMs));
  }

  async #flight(batch: readonly FireItem[]): Promise<void> {
    while (this.#sender.isFull) await this.#sender.oneSettled();
    await this.#commit(batch);
    // the next flight leaves before the loop of `run` could bring what fell due meanwhile
    this.#submitDue();
    this.#wake();
  }

  async #commit(batch: readonly FireItem[]): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#transact(batch);
        return;
      } catch (error) {
        if (mayTryAgain(error, failures, batch.length)) {
          this.deps.logger.warn({ error: error.message, failures }, 'due batch will be tried again');
          if (this.#stopped && failures > 2) return this.#letGo(batch);
          await this.deps.sleep(tryAgainAfterMs(failures));
        } else if (batch.length === 1) {
          return await this.#fault(batch, error);
        } else {
          const half = Math.ceil(batch.length / 2);
          await this.#commit(batch.slice(0, half));
          return await this.#commit(batch.slice(half));
        }
      }
    }
  }

  /** One timer whose own data fails the transaction: it is marked, and a person must look at it. */
  async #fault(batch: readonly FireItem[], error: unknown): Promise<void> {
    const [item] = batch;
    const message = messageOf(error);
    if (item?.kind !== 'due' || this.#faults.has(item.timer.timerId)) {
      this.deps.logger.error(
        { error: message, ...idsOf(item) },
        'an item of the due batch cannot be written',
      );
      return this.#letGo(batch);
    }
    this.deps.logger.error(
      { error: message, timerId: item.timer.timerId },
      'timer faulted: it fails its batch',
    );
    this.#faults.set(item.timer.timerId, message);
    await this.#commit(batch);
    this.#faults.delete(item.timer.timerId);
  }

  #letGo(batch: readonly FireItem[]): void {
    for (const item of batch) {
      if (item.kind === 'due') this.#inFlight.delete(item.timer.timerId);
      else this.#acknowledged.forget(item.acknowledged.id);
    }
  }

  async #transact(batch: readonly FireItem[]): Promise<void> {
    const due = batch.flatMap((item) => (item.kind === 'due' ? [item] : []));
    const acknowledged = batch.flatMap((item) => (item.kind === 'acknowledged' ? [item.acknowledged] : []));
    // the feed may have armed a timer anew while it waited here: it is still one timer, and is decided once
    const ours = uniqueIds(due.filter(({ isOurs }) => isOurs));
    const isOurOwn = new Set(ours);
    const elsewhere = uniqueIds(due.filter(({ isOurs, timer }) => !isOurs && !isOurOwn.has(timer.timerId)));
    let decision: DueDecision | null = null;
    const loadedIds = new Set<TimerId>();
    let isCut = false;
    const askedAt = this.deps.clock();
    const { now } = await this.deps.log.transact(
      {
        offsets: [],
        targets: acknowledged.flatMap(({ late }) => late).map((timerId) => ({ timerId })),
        commandIds: [],
        due: ours,
        dueElsewhere: elsewhere,
        newNames: childNames,
      },
      (loaded) => {
        this.clock.observe(loaded.now, askedAt);
        for (const { state } of loaded.due) loadedIds.add(state.id);
        const until = this.deps.clock() + decidingMsMax;
        const bounds = { faults: this.#faults, isTimeOver: () => this.deps.clock() >= until };
        const { timer, mint, traceOf } = this.deps;
        decision = decideDue(loaded, acknowledged, timer, mint, bounds, traceOf);
        for (const timerId of decision.left) loadedIds.delete(timerId);
        isCut = loaded.dueIsCut === true || decision.left.length > 0;
        return decision.writes;
      },
    );
    for (const { id } of acknowledged) this.#acknowledged.forget(id);
    this.#settle(due, loadedIds, isCut, now);
    if (decision !== null) this.#follow(decision, due);
    this.#armed.release(acknowledged);
  }

  #settle(due: readonly DueItem[], loaded: ReadonlySet<TimerId>, isCut: boolean, now: EpochMs): void {
    for (const { timer, isOurs } of due) {
      this.#inFlight.delete(timer.timerId);
      // our clock was ahead of the database's, or it was left for the next transaction; anything else was changed by
      // others, and the feed tells
      if (isOurs && !loaded.has(timer.timerId) && (isCut || timer.dueAt > now)) this.#armed.arm(timer);
    }
  }

  #follow({ clocks, emissions, writes, heldBack }: DueDecision, due: readonly DueItem[]): void {
    for (const { timer, isOurs } of due) if (isOurs && heldBack.has(timer.timerId)) this.#armed.hold(timer);
    this.#armed.followOwn(clocks);
    if (writes.emission !== null) this.#sender.send(writes.emission.id, emissions);
  }
}

const idsOf = (item: FireItem | undefined) =>
  item?.kind === 'acknowledged' ? { batch: item.acknowledged.id } : { timerId: item?.timer.timerId };

const uniqueIds = (due: readonly { readonly timer: ArmedTimer }[]): TimerId[] => [
  ...new Set(due.map(({ timer }) => timer.timerId)),
];
