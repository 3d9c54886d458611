import type { EpochMs, TimerId } from '#timer';
import type { Decider } from '../commands/decide-all.js';
import { GroupCommit } from '../group-commit.js';
import type { ArmedTimer, DueIndex, PendingEmission } from '../log/due-index.js';
import { mayTryAgain, messageOf, tryAgainAfterMs } from '../log/errors.js';
import type { EmissionId, TimerLog } from '../log/timer-log.js';
import type { LocalClock, Logger, Sleep } from '../ports.js';
import { Acknowledgements } from './acknowledgements.js';
import { DatabaseClock } from './database-clock.js';
import {
  type Acknowledged,
  childNames,
  type DueDecision,
  decideDue,
  type Mint,
  type TraceOf,
} from './decide-due.js';
import { DueHeap } from './due-heap.js';
import {
  type Emission,
  EmissionRefused,
  type EmissionSink,
  presentEmission,
  repeatedDeadLetter,
} from './emission.js';
import { HeldBack } from './held-back.js';

export interface FireLimits {
  /** Timers held in memory, however many are scheduled. */
  readonly armedMax: number;
  /** How far ahead timers are read into memory. */
  readonly windowMs: number;
  readonly duePerBatchMax: number;
  /** Batches that are committed but not acknowledged by Kafka; firing waits above. */
  readonly emissionsInFlightMax: number;
  /** A first acknowledgement later than this moves the ack deadlines of its events. */
  readonly emissionLateMs: number;
}

export const defaultFireLimits: FireLimits = Object.freeze({
  armedMax: 50_000,
  windowMs: 60_000,
  duePerBatchMax: 500,
  emissionsInFlightMax: 8,
  emissionLateMs: 1_000,
});

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

/** For metrics and tests. */
export interface FireObserver {
  /** After Kafka has acknowledged: `latenessMs` is one number an emission, due moment to acknowledgement. */
  emitted?(emissions: readonly Emission[], acknowledgedAt: EpochMs): void;
  loaded?(slots: number, timers: number, tookMs: number): void;
  tookOver?(takeover: Takeover): void;
}

/** Slots that became this instance's, once what is due soon in them was read. */
export interface Takeover {
  readonly slots: number;
  /** Timers that were read for them. */
  readonly rows: number;
  readonly loadMs: number;
  /** How overdue the most overdue of these was then; 0: none was. */
  readonly latenessMs: number;
}

const reloadAfterMs = 250;

/**
 * Of one transaction. A timer that has missed ten thousand ticks takes some 10 ms, and rows are locked meanwhile: what is not decided
 * by then goes into the next one, long before the database would cut this one off.
 */
const decidingMsMax = 200;

/** While the feed is not followed: what comes due then is as late as this. */
const rereadEveryMs = 75;
const rereadAheadMs = 1_000;
const rereadPerSlotMax = 100;

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
  readonly #heap: DueHeap;
  readonly #commits: GroupCommit<FireItem>;
  readonly #inFlight = new Set<TimerId>();
  readonly #emitting = new Map<EmissionId, Promise<void>>();
  readonly #acknowledged = new Acknowledgements();
  readonly #heldBack: HeldBack;
  readonly #faults = new Map<TimerId, string>();
  #slots: readonly number[] = [];
  #kafkaAnswers = true;
  #isFollowing = true;
  #changes = 0;
  #rereadAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | null = null;
  #cutUntil = 0;
  #stopped = false;
  /** By the database's clock; what is due before it must wake us. */
  #napEndsAt = Number.POSITIVE_INFINITY;
  #wake: () => void = () => undefined;

  constructor(private readonly deps: FireServiceDeps) {
    this.#limits = deps.limits ?? defaultFireLimits;
    this.clock = new DatabaseClock(deps.clock);
    this.#heap = new DueHeap(this.#limits.armedMax);
    this.#heldBack = new HeldBack(this.#limits.armedMax);
    this.#commits = new GroupCommit<FireItem>(
      (batch) => this.#flight(batch),
      (waiting) => Math.min(waiting.length, this.#limits.duePerBatchMax),
      deps.onFatal,
    );
  }

  get armed(): number {
    return this.#heap.size;
  }

  get slots(): readonly number[] {
    return this.#slots;
  }

  /** This instance's share of the slots has changed; what is due soon in them is read anew. */
  async own(slots: readonly number[]): Promise<void> {
    const changes = this.#changes;
    const former = new Set(this.#slots);
    this.#slots = slots;
    this.#heap.keepSlots(new Set(slots));
    this.#heldBack.keepSlots(new Set(slots));
    // what is in the heap stays armed, yet it may be incomplete: the feed was not followed during the change
    this.#heap.horizon = Number.NEGATIVE_INFINITY as EpochMs;
    const beganAt = this.deps.clock();
    const timers = await this.#load();
    const gained = new Set(slots.filter((slot) => !former.has(slot)));
    if (gained.size > 0) this.#tellTakeover(gained, timers, this.deps.clock() - beganAt);
    // unless shares are being dealt out once more already
    if (changes === this.#changes) this.#isFollowing = true;
  }

  #tellTakeover(gained: ReadonlySet<number>, timers: readonly ArmedTimer[], loadMs: number): void {
    let rows = 0;
    const now = this.clock.now();
    let oldest: number = now;
    for (const { slot, dueAt } of timers) {
      if (!gained.has(slot)) continue;
      rows += 1;
      oldest = Math.min(oldest, dueAt);
    }
    this.deps.observer?.tookOver?.({ slots: gained.size, rows, loadMs, latenessMs: now - oldest });
  }

  /**
   * The feed is not followed for a while: shares are being dealt out anew, or this instance leaves and its successor has
   * not begun. What is due within moments is read again and again meanwhile; `own` ends it.
   */
  unfollow(): void {
    this.#changes += 1;
    this.#isFollowing = false;
    this.#wake();
  }

  /** News from the log: the clock of one timer as of one version. */
  follow(timerId: TimerId, slot: number, version: number, nextFireAt: EpochMs | null): void {
    this.#heldBack.drop(timerId);
    if (nextFireAt === null) {
      this.#heap.disarm(timerId, version);
      return;
    }
    this.#heap.arm({ timerId, slot, version, dueAt: nextFireAt });
    if (nextFireAt < this.#napEndsAt) this.#wake();
  }

  /** Fires what is due until the signal comes, then finishes what is under way. */
  async run(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!stop.aborted) {
      this.#submitDue();
      if (this.#wantsLoad()) this.#loadSoon(() => this.#load());
      else if (this.#wantsReread()) this.#loadSoon(() => this.#reread());
      await this.#nextWake(stopped);
    }
    this.#stopped = true;
    await this.#commits.drained();
    await Promise.all(this.#emitting.values());
    this.#commits.submit(this.#takeAcknowledged());
    await this.#commits.drained();
  }

  /** Anything overdue by more than a second, whoever owns it: the answer to an owner that died or froze. */
  async sweep(overdueByMs = 1_000): Promise<number> {
    await this.#observeClock();
    if (!this.#kafkaAnswers) return 0;
    const overdue = await this.deps.index.overdue(overdueByMs, this.#limits.duePerBatchMax);
    // what is in the heap by an older version waits there for another moment: the feed is behind
    const fresh = overdue.filter((timer) => !this.#inFlight.has(timer.timerId) && !this.#heap.has(timer));
    this.#submit(fresh, false);
    return fresh.length;
  }

  /** Sends what was committed and never acknowledged, whoever wrote it. While Kafka is silent, one batch at a time asks it. */
  async resendPending(leaseMs: number): Promise<number> {
    let sent = 0;
    for (;;) {
      const max = this.#kafkaAnswers ? 20 : 1;
      const pending = await this.deps.index.claimPendingEmissions(this.#limits.emissionLateMs, leaseMs, max);
      const lost = pending.filter(({ id }) => !this.#emitting.has(id) && !this.#acknowledged.has(id));
      for (const emission of lost) await this.#resend(emission);
      sent += lost.length;
      // nothing is owed any more: the next trigger will tell whether Kafka is there
      if (pending.length === 0) this.#kafkaAnswers = true;
      if (pending.length < max || !this.#kafkaAnswers) return sent;
    }
  }

  async #resend({ id, entries }: PendingEmission): Promise<void> {
    const emissions = entries.flatMap(({ state, before }): Emission[] => {
      if (state === null) return [];
      if (before !== null) return [repeatedDeadLetter(before, state)];
      const emission = presentEmission(state);
      return emission === null ? [] : [emission];
    });
    this.deps.logger.info(
      { batch: id, emissions: emissions.length },
      'sending again what was never acknowledged',
    );
    await this.#emit(id, emissions, Number.NEGATIVE_INFINITY);
  }

  #submitDue(): void {
    const { duePerBatchMax } = this.#limits;
    const mayFire = !this.#stopped && this.#kafkaAnswers && this.#commits.waiting < duePerBatchMax * 2;
    this.#submit(mayFire ? this.#heap.takeDue(this.clock.now(), duePerBatchMax) : [], true);
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
    const next = this.#heap.nextDueAt();
    const longest = this.#isFollowing ? 250 : rereadEveryMs;
    // a full queue or a silent broker: the flight that ends wakes us
    if (!this.#kafkaAnswers || this.#commits.waiting > 0) return longest;
    const untilDue = (next ?? Number.POSITIVE_INFINITY) - this.clock.now();
    const patienceMs = this.#acknowledged.patienceMs(this.deps.clock());
    return Math.max(0, Math.min(longest, untilDue, patienceMs));
  }

  async #flight(batch: readonly FireItem[]): Promise<void> {
    while (this.#emitting.size >= this.#limits.emissionsInFlightMax && this.#kafkaAnswers) {
      await Promise.race(this.#emitting.values());
    }
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
    for (const timer of this.#heldBack.release(acknowledged)) this.#heap.arm(timer);
  }

  #settle(due: readonly DueItem[], loaded: ReadonlySet<TimerId>, isCut: boolean, now: EpochMs): void {
    for (const { timer, isOurs } of due) {
      this.#inFlight.delete(timer.timerId);
      // our clock was ahead of the database's, or it was left for the next transaction; anything else was changed by
      // others, and the feed tells
      if (isOurs && !loaded.has(timer.timerId) && (isCut || timer.dueAt > now)) this.#heap.arm(timer);
    }
  }

  #follow({ clocks, emissions, writes, heldBack }: DueDecision, due: readonly DueItem[]): void {
    for (const { timer, isOurs } of due)
      if (isOurs && heldBack.has(timer.timerId)) this.#heldBack.hold(timer);
    for (const clock of clocks) {
      if (clock.dueAt === null) this.#heap.disarm(clock.timerId, clock.version);
      // a child may lie in somebody else's slots, and its owner hears of it by the feed
      else if (clock.version > 1 || this.#slots.includes(clock.slot)) this.#heap.arm(clock);
    }
    if (writes.emission === null) return;
    const { id } = writes.emission;
    const sending = this.#emit(id, emissions, this.deps.clock());
    this.#emitting.set(id, sending);
  }

  /** `committedAt` decides whether the acknowledgement came late; it is the process's clock on both sides. */
  async #emit(id: EmissionId, emissions: readonly Emission[], committedAt: number): Promise<void> {
    try {
      await this.deps.sink.emit(emissions);
    } catch (error) {
      // the outbox row stays: it is sent again, by this instance or another, when Kafka answers
      const message = messageOf(error);
      if (error instanceof EmissionRefused) {
        this.deps.logger.error(
          { error: message, batch: id },
          'a batch was refused; it is sent again and again',
        );
        return;
      }
      this.deps.logger.warn(
        { error: message, batch: id },
        'Kafka did not acknowledge; firing waits until it answers',
      );
      this.#kafkaAnswers = false;
      return;
    } finally {
      this.#emitting.delete(id);
    }
    if (!this.#kafkaAnswers) this.deps.logger.info({}, 'Kafka answers again');
    this.#kafkaAnswers = true;
    this.deps.observer?.emitted?.(emissions, this.clock.now());
    const isLate = this.deps.clock() - committedAt > this.#limits.emissionLateMs;
    const late = isLate ? emissions.filter(({ kind }) => kind !== 'dead').map(({ state }) => state.id) : [];
    this.#acknowledged.add({ id, late, emissions }, this.deps.clock());
    this.#wake();
  }

  /** A load that the bound cut short says nothing new until what it brought has fired, or a while has passed. */
  #wantsLoad(): boolean {
    if (this.#heap.nextDueAt() !== null && this.deps.clock() < this.#cutUntil) return false;
    // deadlines of what has just fired may fill it, beyond what was read: they must not keep what is due from being read
    const hasRoom = this.#heap.size < this.#limits.armedMax / 2;
    const isReadUp = (this.#heap.nextDueAt() ?? Number.POSITIVE_INFINITY) > this.#heap.horizon;
    return (
      this.#slots.length > 0 &&
      this.#heap.horizon < this.clock.now() + this.#limits.windowMs / 2 &&
      (hasRoom || isReadUp)
    );
  }

  #wantsReread(): boolean {
    return !this.#isFollowing && this.deps.clock() - this.#rereadAt >= rereadEveryMs;
  }

  async #observeClock(): Promise<void> {
    const askedAt = this.deps.clock();
    this.clock.observe(await this.deps.index.now(), askedAt);
  }

  /** What the feed would have told: timers of our slots that are due within moments. */
  async #reread(): Promise<void> {
    this.#rereadAt = this.deps.clock();
    const until = (this.clock.now() + rereadAheadMs) as EpochMs;
    const { timers } = await this.deps.index.armedUntil(this.#slots, until, rereadPerSlotMax);
    for (const timer of timers) if (!this.#inFlight.has(timer.timerId)) this.#heap.arm(timer);
    this.#wake();
  }

  #loadSoon(load: () => Promise<unknown>): void {
    this.#loading ??= load()
      .then(() => undefined)
      .catch(async (error: unknown) => {
        this.deps.logger.warn(
          { error: String(error) },
          'reading what is due soon failed; it will be tried again',
        );
        await this.deps.sleep(250);
      })
      .finally(() => {
        this.#loading = null;
      });
  }

  /** Reads what is due within the window, as far as the bound allows; answers what it read. */
  async #load(): Promise<readonly ArmedTimer[]> {
    const startedAt = this.deps.clock();
    const slots = this.#slots;
    if (slots.length === 0) return [];
    await this.#observeClock();
    const until = (this.clock.now() + this.#limits.windowMs) as EpochMs;
    const room = Math.max(slots.length, this.#limits.armedMax - this.#heap.size);
    const former = this.#heap.horizon;
    // the feed may bring timers of the window while it is being read: they must find it open
    this.#heap.horizon = until;
    try {
      const { timers, completeUntil } = await this.deps.index.armedUntil(
        slots,
        until,
        Math.floor(room / slots.length),
      );
      for (const timer of timers) if (!this.#inFlight.has(timer.timerId)) this.#heap.arm(timer);
      if (completeUntil < this.#heap.horizon) this.#heap.horizon = completeUntil;
      if (this.#heap.horizon < until) this.#cutUntil = this.deps.clock() + reloadAfterMs;
      this.deps.observer?.loaded?.(slots.length, timers.length, this.deps.clock() - startedAt);
      // with nothing to fire, the flight that ends or the next nap comes back here soon enough
      if (this.#heap.nextDueAt() !== null) this.#wake();
      return timers;
    } catch (error) {
      this.#heap.horizon = former;
      throw error;
    }
  }
}

const idsOf = (item: FireItem | undefined) =>
  item?.kind === 'acknowledged' ? { batch: item.acknowledged.id } : { timerId: item?.timer.timerId };

const uniqueIds = (due: readonly { readonly timer: ArmedTimer }[]): TimerId[] => [
  ...new Set(due.map(({ timer }) => timer.timerId)),
];
