import type { LogPart, RetentionStore, StoredEvent } from '#engine';
import type { EpochMs, TimerId, TimerState } from '#timer';
import type { Tables } from './tables.js';

/** Which session is at it; shared by all of one store. */
export interface RetentionLock {
  holder: InMemoryRetention | null;
}

export interface InMemoryRetentionSettings {
  readonly now: () => EpochMs;
  /** What retention takes for a day: the length of one part of the log. */
  readonly dayMs: number;
  /** Told what is taken out of the log. */
  readonly onDropped?: (events: readonly StoredEvent[]) => void;
}

/** Retention on plain maps, by one session: what is asked outside of its lock fails, as it does where the session has ended. */
export class InMemoryRetention implements RetentionStore {
  constructor(
    private readonly tables: Tables,
    private readonly lock: RetentionLock,
    private readonly settings: InMemoryRetentionSettings,
  ) {}

  async exclusively<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.lock.holder !== null) return null;
    this.lock.holder = this;
    try {
      return await work();
    } finally {
      this.endSession();
    }
  }

  /** Another session may be at it from now on. */
  endSession(): void {
    if (this.lock.holder === this) this.lock.holder = null;
  }

  async finishDrops(): Promise<readonly string[]> {
    this.#demandLock();
    const begun = [...this.tables.begunDrops];
    for (const [name] of begun) this.finishDrop(name);
    return begun.map(([name]) => name);
  }

  async expiredParts(logDays: number): Promise<readonly LogPart[]> {
    this.#demandLock();
    const { now, dayMs } = this.settings;
    // the log's last moment and not the clock alone: one that jumped ahead must not have the log dropped
    const lastMoment = Math.max(...this.tables.logs.map(({ endsAt }) => endsAt ?? 0));
    const keptFrom = Math.min(now(), lastMoment) - logDays * dayMs;
    const bytes = new Map<number, number>();
    for (const { recordedAt, data } of this.tables.logs.flatMap(({ events }) => events)) {
      const before = (Math.floor(recordedAt / dayMs) + 1) * dayMs;
      if (before <= keptFrom) bytes.set(before, (bytes.get(before) ?? 0) + Buffer.byteLength(data));
    }
    return [...bytes]
      .sort(([one], [other]) => one - other)
      .map(([before, size]) => ({
        name: `before ${new Date(before).toISOString()}`,
        before: before as EpochMs,
        bytes: size,
      }));
  }

  async neededBy({ before }: LogPart): Promise<string | null> {
    this.#demandLock();
    const behind = this.tables.logs.flatMap((log, partition) => {
      const [next] = log.after(this.tables.checkpoints.get(partition) ?? 0n, 1);
      return next !== undefined && next.recordedAt < before ? [partition] : [];
    });
    if (behind.length > 0)
      return `events of it are not on the change feed yet (partitions ${behind.join(', ')})`;
    const isOwed = [...this.tables.outbox.values()].some(({ createdAt }) => createdAt < before);
    return isOwed ? 'due events of that time are not in Kafka yet' : null;
  }

  async owedFrom({ before }: LogPart): Promise<string | null> {
    this.#demandLock();
    const isOwed = [...this.tables.outbox.values()]
      .flatMap(({ entries }) => entries)
      .some(({ timerId, version }) => {
        const events = this.tables.streams.get(timerId) ?? [];
        const isDead = events.some((event) => event.version === version && event.type === 'EventGivenUp');
        return isDead && !events.some((event) => event.version < version && isGround(event, before));
      });
    return isOwed ? 'dead letters of its timers are not in Kafka yet' : null;
  }

  async groundedIn({ before }: LogPart, after: TimerId | null, max: number): Promise<readonly TimerId[]> {
    this.#demandLock();
    return this.#page(
      after,
      max,
      ({ id }) => !(this.tables.streams.get(id) ?? []).some((event) => isGround(event, before)),
    );
  }

  async drop(part: LogPart): Promise<void> {
    await this.beginDrop(part);
    this.finishDrop(part.name);
  }

  /** The first of its two steps: whoever comes next does the second, if this process does not. */
  async beginDrop({ name, before }: LogPart): Promise<void> {
    this.#demandLock();
    this.tables.begunDrops.set(name, before);
  }

  finishDrop(name: string): void {
    this.#demandLock();
    const before = this.tables.begunDrops.get(name);
    if (before === undefined) return;
    const dropped = this.tables.dropBefore(before);
    this.settings.onDropped?.(dropped);
    this.tables.begunDrops.delete(name);
  }

  async endedBefore(endedDays: number): Promise<EpochMs> {
    this.#demandLock();
    return (this.settings.now() - endedDays * this.settings.dayMs) as EpochMs;
  }

  async endedTimers(before: EpochMs, after: TimerId | null, max: number): Promise<readonly TimerId[]> {
    this.#demandLock();
    return this.#page(
      after,
      max,
      ({ endedReason, endedAt, nextFireAt, lease }) =>
        endedReason !== null && nextFireAt === null && lease === null && (endedAt ?? before) < before,
    );
  }

  async forgetArchived(archiveDays: number): Promise<number> {
    this.#demandLock();
    const until = this.settings.now() - archiveDays * this.settings.dayMs;
    const old = [...this.tables.archive].filter(([, { archivedAt }]) => archivedAt < until);
    for (const [timerId] of old) this.tables.archive.delete(timerId);
    return old.length;
  }

  #page(after: TimerId | null, max: number, isMeant: (state: TimerState) => boolean): readonly TimerId[] {
    return [...this.tables.states.values()]
      .filter(({ state }) => (after === null || state.id > after) && isMeant(state))
      .map(({ state }) => state.id)
      .sort()
      .slice(0, max);
  }

  #demandLock(): void {
    if (this.lock.holder !== this)
      throw new Error('retention asks its store within `exclusively` only, and while its session lasts');
  }
}

/** A timer can be folded from here on, and it is not gone with what was recorded before this moment. */
const isGround = ({ version, type, recordedAt }: StoredEvent, before: EpochMs): boolean =>
  recordedAt >= before && (version === 1 || type === 'TimerSnapshotted');
