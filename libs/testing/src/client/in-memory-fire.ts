import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Acknowledged,
  childNames,
  type DueDecision,
  decideDue,
  type Emission,
  type EmissionId,
} from '#engine';
import { decide, type EpochMs, evolve, mintEventId, mintTimerId, slotOfTimerId } from '#timer';
import type { ManualClock } from '../clock/manual-clock.js';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';

const duePerBatchMax = 500;
const unbounded = { faults: new Map(), isTimeOver: () => false };

/** What the fire service does, without Kafka: whatever is due is triggered, told, and acknowledged at once. */
export class InMemoryFire {
  #acknowledged: Acknowledged[] = [];
  #striking: Promise<void> | null = null;
  #isWantedAgain = false;
  #cancelAlarm: () => void = () => undefined;
  readonly #failures: unknown[] = [];
  #nextAt: EpochMs | null = null;

  constructor(
    private readonly store: InMemoryTimerStore,
    private readonly clock: ManualClock,
    private readonly emit: (emission: Emission) => void,
    private readonly onWritten: () => void,
    /** What follows from what was written; true: something did. */
    private readonly relay: () => Promise<boolean>,
  ) {}

  /** When something is due next; null: nothing is. */
  get nextAt(): EpochMs | null {
    return this.#nextAt;
  }

  /** Looks for what is due now, and sets the clock's alarm for what comes next. */
  strikeSoon(): void {
    this.#isWantedAgain = true;
    this.#striking ??= this.#strike();
  }

  /** Until nothing is due. @throws what went wrong since it was last asked */
  async settled(): Promise<void> {
    while (this.#striking !== null) await this.#striking;
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  stop(): void {
    this.#cancelAlarm();
  }

  async #strike(): Promise<void> {
    try {
      // asked for again while it runs, also while it sets the alarm: what was written then may be due
      while (this.#isWantedAgain) {
        this.#isWantedAgain = false;
        while ((await this.relay()) || (await this.#fireDue()));
        await this.#setAlarm();
      }
    } catch (error) {
      this.#failures.push(error);
    } finally {
      // in the same turn as the last look at what is wanted, or a wish would be lost in between
      this.#striking = null;
    }
  }

  /** True: something was done, so more may be due. */
  async #fireDue(): Promise<boolean> {
    // equal counts as due
    const overdue = await this.store.due.overdue(-1, duePerBatchMax);
    const acknowledged = this.#acknowledged.splice(0);
    if (overdue.length === 0 && acknowledged.length === 0) return false;
    const decisions: DueDecision[] = [];
    const due = overdue.map(({ timerId }) => timerId);
    await this.store.log.transact(
      { offsets: [], targets: [], commandIds: [], due, dueElsewhere: [], newNames: childNames },
      (loaded) => {
        const decision = decideDue(loaded, acknowledged, { decide, evolve }, this.#mint, unbounded);
        decisions.push(decision);
        return decision.writes;
      },
    );
    for (const { writes, emissions } of decisions) {
      if (writes.emission !== null)
        this.#acknowledged.push({ id: writes.emission.id, late: [], emissions: [], refused: null });
      for (const emission of emissions) this.emit(emission);
    }
    this.onWritten();
    return true;
  }

  readonly #mint = {
    eventId: () => mintEventId(this.clock.now(), randomBytes(10)),
    emissionId: () => randomUUID() as EmissionId,
    slotOf: slotOfTimerId,
    timerId: (slot: number) => mintTimerId(this.clock.now(), slot, randomBytes(9)),
  };

  async #setAlarm(): Promise<void> {
    const { timers } = await this.store.queries.list({}, { order: 'nextFireTime', limit: 1, after: null });
    this.#nextAt = timers[0]?.nextFireAt ?? null;
    this.#cancelAlarm();
    if (this.#nextAt === null) return;
    this.#cancelAlarm = this.clock.after(this.#nextAt - this.clock.now(), () => this.strikeSoon());
  }
}
