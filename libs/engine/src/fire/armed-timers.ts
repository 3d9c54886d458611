import type { EpochMs, TimerId } from '#timer';
import type { ArmedTimer, DueIndex } from '../log/due-index.js';
import type { LocalClock, Logger, Sleep } from '../ports.js';
import type { DatabaseClock } from './database-clock.js';
import type { Acknowledged, DueDecision } from './decide-due.js';
import { DueHeap } from './due-heap.js';
import type { FireLimits } from './fire-limits.js';
import type { FireObserver } from './fire-observer.js';
import { HeldBack } from './held-back.js';
import { ReadSize } from './read-size.js';
import { TakeoverRead } from './takeover-read.js';

export interface ArmedTimersDeps {
  readonly index: DueIndex;
  readonly databaseClock: DatabaseClock;
  readonly clock: LocalClock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly limits: Pick<FireLimits, 'armedMax' | 'windowMs'>;
  readonly observer: Pick<FireObserver, 'loaded' | 'tookOver'> | undefined;
  /** Being decided: the decision arms it anew, what is read meanwhile does not. */
  readonly isInFlight: (timerId: TimerId) => boolean;
  /** Something may be due earlier than it was. */
  readonly wake: () => void;
}

/** While the feed is followed: `readAhead` is asked so often at least. */
const lookEveryMs = 250;
const reloadAfterMs = 250;

/** While the feed is not followed: what comes due then is as late as this. */
const rereadEveryMs = 75;
const rereadAheadMs = 1_000;
const rereadPerSlotMax = 100;

/**
 * The timers of this instance's slots that are due soon, in memory: read ahead, told by the feed, and by what this instance
 * has decided itself. Nothing rests on it but punctuality: what is missing here is found by the sweep, and what is here and
 * not due any more is not triggered.
 */
export class ArmedTimers {
  readonly #heap: DueHeap;
  readonly #heldBack: HeldBack;
  readonly #readSize: ReadSize;
  #slots: readonly number[] = [];
  #isFollowing = true;
  #changes = 0;
  #rereadAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | null = null;
  /** Up to when what is due in the present slots has been read; the horizon is ahead of it while a read is under way. */
  #readUntil = Number.NEGATIVE_INFINITY;
  /** The last read left some of the window to the next, which begins where it was complete. */
  #isCut = false;
  #mayReadOn = false;
  /** Until all of it is read. */
  #takeover: TakeoverRead | null = null;
  #cutUntil = 0;

  constructor(private readonly deps: ArmedTimersDeps) {
    this.#heap = new DueHeap(deps.limits.armedMax);
    this.#heldBack = new HeldBack(deps.limits.armedMax);
    this.#readSize = new ReadSize(deps.limits.armedMax);
  }

  get size(): number {
    return this.#heap.size;
  }

  get slots(): readonly number[] {
    return this.#slots;
  }

  /** The longest pause between two looks at what is due, however far off that is. */
  get napMsMax(): number {
    return this.#isFollowing ? lookEveryMs : rereadEveryMs;
  }

  nextDueAt(): EpochMs | null {
    return this.#heap.nextDueAt();
  }

  /** As of its version, or of a later one. */
  has(timer: ArmedTimer): boolean {
    return this.#heap.has(timer);
  }

  takeDue(now: EpochMs, max: number): ArmedTimer[] {
    return this.#heap.takeDue(now, max);
  }

  /** What was taken as due is still to come. */
  arm(timer: ArmedTimer): void {
    this.#heap.arm(timer);
  }

  /** Its time came while what was last sent for it was not acknowledged; it waits for that. */
  hold(timer: ArmedTimer): void {
    this.#heldBack.hold(timer);
  }

  /** Arms those that waited for one of these acknowledgements. */
  release(acknowledged: readonly Acknowledged[]): void {
    for (const timer of this.#heldBack.release(acknowledged)) this.#heap.arm(timer);
  }

  /** What was decided here, before the feed tells of it. */
  followOwn(clocks: DueDecision['clocks']): void {
    for (const clock of clocks) {
      if (clock.dueAt === null) this.#heap.disarm(clock.timerId, clock.version);
      // a child may lie in somebody else's slots, and its owner hears of it by the feed
      else if (clock.version > 1 || this.#slots.includes(clock.slot)) this.#heap.arm(clock);
    }
  }

  /** News from the log: the clock of one timer as of one version. */
  follow(timerId: TimerId, slot: number, version: number, nextFireAt: EpochMs | null): void {
    this.#heldBack.drop(timerId);
    if (nextFireAt === null) this.#heap.disarm(timerId, version);
    else this.#heap.arm({ timerId, slot, version, dueAt: nextFireAt });
  }

  /** This instance's share of the slots has changed; what is due soon in them is read anew. */
  async own(slots: readonly number[]): Promise<void> {
    const changes = this.#changes;
    this.#takeover = this.#takeoverOf(slots);
    this.#slots = slots;
    this.#heap.keepSlots(new Set(slots));
    this.#heldBack.keepSlots(new Set(slots));
    // what is in the heap stays armed, yet it may be incomplete: the feed was not followed during the change
    this.#heap.horizon = Number.NEGATIVE_INFINITY as EpochMs;
    this.#readUntil = Number.NEGATIVE_INFINITY;
    await this.#load();
    // unless shares are being dealt out once more already
    if (changes === this.#changes) this.#isFollowing = true;
  }

  /**
   * The feed is not followed for a while: shares are being dealt out anew, or this instance leaves and its successor has
   * not begun. What is due within moments is read again and again meanwhile; `own` ends it.
   */
  unfollow(): void {
    this.#changes += 1;
    this.#isFollowing = false;
    this.deps.wake();
  }

  /** Begins to read what is due soon, if it is time to. One read is under way at a time. */
  readAhead(): void {
    if (this.#wantsLoad()) this.#loadSoon(() => this.#loadOn());
    else if (this.#wantsReread()) this.#loadSoon(() => this.#reread());
  }

  /** One that was not read to its end goes on in this one, and is told with it. */
  #takeoverOf(slots: readonly number[]): TakeoverRead | null {
    const former = new Set(this.#slots);
    const open = this.#takeover;
    const gained = new Set(slots.filter((slot) => !former.has(slot) || open?.slots.has(slot)));
    return gained.size === 0 ? null : new TakeoverRead(gained, open?.beganAt ?? this.deps.clock());
  }

  #addToTakeover(timers: readonly ArmedTimer[], completeUntil: EpochMs): void {
    const takeover = this.#takeover;
    if (takeover === null) return;
    takeover.add(timers, completeUntil, this.deps.databaseClock.now());
    if (this.#isCut) return;
    this.#takeover = null;
    this.deps.observer?.tookOver?.(takeover.toldAt(this.deps.clock()));
  }

  /** A load that the bound cut short says nothing new until what it brought has fired, or a while has passed. */
  #wantsLoad(): boolean {
    if (this.#heap.nextDueAt() !== null && this.deps.clock() < this.#cutUntil) return false;
    // deadlines of what has just fired may fill it, beyond what was read: they must not keep what is due from being read
    const hasRoom = this.#heap.size < this.deps.limits.armedMax / 2;
    const isReadUp = (this.#heap.nextDueAt() ?? Number.POSITIVE_INFINITY) > this.#heap.horizon;
    return (
      this.#slots.length > 0 &&
      this.#heap.horizon < this.deps.databaseClock.now() + this.deps.limits.windowMs / 2 &&
      (hasRoom || isReadUp)
    );
  }

  #wantsReread(): boolean {
    return !this.#isFollowing && this.deps.clock() - this.#rereadAt >= rereadEveryMs;
  }

  /** What the feed would have told: timers of our slots that are due within moments. */
  async #reread(): Promise<void> {
    this.#rereadAt = this.deps.clock();
    const until = (this.deps.databaseClock.now() + rereadAheadMs) as EpochMs;
    const { timers } = await this.deps.index.armedUntil(this.#slots, until, rereadPerSlotMax);
    for (const timer of timers) if (!this.deps.isInFlight(timer.timerId)) this.#heap.arm(timer);
    this.deps.wake();
  }

  #loadSoon(load: () => Promise<unknown>): void {
    this.#loading ??= load()
      .then(() => undefined)
      .catch(async (error: unknown) => {
        this.deps.logger.warn(
          { error: String(error) },
          'reading what is due soon failed; it will be tried again',
        );
        await this.deps.sleep(reloadAfterMs);
      })
      .finally(() => {
        this.#loading = null;
      });
  }

  async #loadOn(): Promise<void> {
    do await this.#load();
    while (this.#mayReadOn && this.#wantsLoad());
  }

  /** Reads what is due within the window, the nearest first, as far as the bounds allow. */
  async #load(): Promise<void> {
    const { clock, databaseClock, index, isInFlight, limits, observer, wake } = this.deps;
    const startedAt = clock();
    const slots = this.#slots;
    if (slots.length === 0) return;
    await databaseClock.ask(() => index.now());
    // dealt out anew meanwhile, and read by that
    if (slots !== this.#slots) return;
    const until = (databaseClock.now() + limits.windowMs) as EpochMs;
    const room = Math.max(slots.length, limits.armedMax - this.#heap.size);
    const perSlotMax = Math.max(1, Math.floor(Math.min(room, this.#readSize.timers) / slots.length));
    const readUntil = Math.min(this.#readUntil, this.#heap.horizon) as EpochMs;
    const after = this.#isCut && Number.isFinite(readUntil) ? readUntil : undefined;
    // the feed may bring timers of the window while it is being read: they must find it open
    this.#heap.horizon = until;
    const askedAt = clock();
    try {
      const { timers, completeUntil } = await index.armedUntil(slots, until, perSlotMax, after);
      for (const timer of timers) if (!isInFlight(timer.timerId)) this.#heap.arm(timer);
      // what had been read before, the feed has kept complete
      if (slots === this.#slots) this.#close(Math.max(readUntil, completeUntil) as EpochMs);
      this.#isCut = this.#heap.horizon < until;
      this.#mayReadOn = completeUntil < until && this.#readSize.filledIn(clock() - askedAt);
      if (this.#isCut && !this.#mayReadOn) this.#cutUntil = clock() + reloadAfterMs;
      observer?.loaded?.(slots.length, timers.length, clock() - startedAt);
      if (slots === this.#slots) this.#addToTakeover(timers, completeUntil);
      // with nothing to fire, the flight that ends or the next nap comes back here soon enough
      if (this.#heap.nextDueAt() !== null) wake();
    } catch (error) {
      if (slots === this.#slots) this.#close(readUntil);
      this.#readSize.failed();
      throw error;
    }
  }

  /** A read is over. Another one may be under way still, or have been complete up to less only: the earlier moment counts. */
  #close(readUntil: EpochMs): void {
    if (readUntil < this.#heap.horizon) this.#heap.horizon = readUntil;
    this.#readUntil = this.#heap.horizon;
  }
}
