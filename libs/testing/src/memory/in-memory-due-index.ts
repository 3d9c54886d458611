import type { ArmedTimer, DueIndex, EmissionId, PendingEmission, PendingEntry } from '#engine';
import { type EpochMs, slotOfTimerId } from '#timer';
import type { OutboxRow, StateRow, Tables } from './tables.js';

/** The fire service's reads on plain maps: every one walks over all timers. */
export class InMemoryDueIndex implements DueIndex {
  constructor(
    private readonly tables: Tables,
    private readonly clock: () => EpochMs,
  ) {}

  now(): Promise<EpochMs> {
    return Promise.resolve(this.clock());
  }

  armedUntil(
    slots: readonly number[],
    until: EpochMs,
    perSlotMax: number,
    after: number = Number.NEGATIVE_INFINITY,
  ) {
    const bySlot = new Map<number, ArmedTimer[]>(slots.map((slot) => [slot, []]));
    for (const timer of this.#armed())
      if (timer.dueAt > after && timer.dueAt <= until) bySlot.get(timer.slot)?.push(timer);
    let completeUntil = until;
    const timers: ArmedTimer[] = [];
    for (const inSlot of bySlot.values()) {
      const nearest = inSlot.sort(byDueAt).slice(0, perSlotMax);
      for (const timer of nearest) timers.push(timer);
      const last = nearest.at(-1);
      // a slot that filled its share may hold more at its last moment
      if (last !== undefined && nearest.length >= perSlotMax && last.dueAt <= completeUntil)
        completeUntil = (last.dueAt - 1) as EpochMs;
    }
    return Promise.resolve({ timers, completeUntil });
  }

  overdue(byMs: number, max: number): Promise<readonly ArmedTimer[]> {
    const before = this.clock() - byMs;
    const isLate = ({ dueAt }: ArmedTimer): boolean => dueAt < before;
    const slotOf = ({ slot }: ArmedTimer): number => slot;
    const bySlot = Map.groupBy(this.#armed().filter(isLate), slotOf);
    const late = new Set(this.#clocked().filter(isLate).map(slotOf));
    const share = Math.ceil((2 * max) / Math.max(1, late.size));
    const overdue = [...bySlot.values()].flatMap((inSlot) => inSlot.sort(byDueAt).slice(0, share));
    return Promise.resolve(overdue.sort(byDueAt).slice(0, max));
  }

  claimPendingEmissions(
    olderThanMs: number,
    leaseMs: number,
    max: number,
  ): Promise<readonly PendingEmission[]> {
    const now = this.clock();
    // a database's clock is finer than a millisecond: what was written is older at once, so equal counts as older
    const free = [...this.tables.outbox.values()]
      .filter(({ createdAt, claimedUntil }) => createdAt + olderThanMs <= now && (claimedUntil ?? now) <= now)
      .sort((a, b) => (a.claimedUntil ?? 0) - (b.claimedUntil ?? 0) || a.createdAt - b.createdAt)
      .slice(0, max);
    for (const row of free)
      this.tables.outbox.set(row.id, { ...row, claimedUntil: (now + leaseMs) as EpochMs });
    return Promise.resolve(
      free.map((row) => ({ id: row.id, ageMs: now - row.createdAt, entries: this.#entriesOf(row) })),
    );
  }

  postponeEmission(id: EmissionId, forMs: number): Promise<void> {
    const row = this.tables.outbox.get(id);
    if (row !== undefined)
      this.tables.outbox.set(id, { ...row, claimedUntil: (this.clock() + forMs) as EpochMs });
    return Promise.resolve();
  }

  /** Timers with a time, but for those that wait for an emission to be acknowledged. */
  #armed(): ArmedTimer[] {
    return this.#clocked((row) => row.state.open === null || !this.tables.isEmissionPending(row));
  }

  #clocked(isWanted: (row: StateRow) => boolean = () => true): ArmedTimer[] {
    const clocked: ArmedTimer[] = [];
    for (const row of this.tables.states.values()) {
      const { id, version, nextFireAt } = row.state;
      if (nextFireAt === null || !isWanted(row)) continue;
      clocked.push({ timerId: id, slot: slotOfTimerId(id), version, dueAt: nextFireAt });
    }
    return clocked;
  }

  #entriesOf({ id, entries }: OutboxRow): PendingEntry[] {
    return entries.map(({ timerId, version }) => {
      const cause = this.tables.streams.get(timerId)?.find((event) => event.version === version);
      const isDead = cause?.type === 'EventGivenUp';
      const row = this.tables.states.get(timerId);
      const phase = row?.state.open?.phase;
      const isPresent = row?.fireBatch === id && (phase === 'delivered' || phase === 'asking');
      return {
        timerId,
        version,
        state: isDead ? this.tables.stateAt(timerId, version) : isPresent ? row.state : null,
        before: isDead ? this.tables.stateAt(timerId, version - 1) : null,
      };
    });
  }
}

const byDueAt = (a: ArmedTimer, b: ArmedTimer): number => a.dueAt - b.dueAt;
