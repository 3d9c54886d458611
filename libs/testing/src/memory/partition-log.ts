import type { StoredEvent } from '#engine';
import type { EpochMs } from '#timer';

/** One partition of the log: positions from 1 on without a gap, of which the oldest may be gone. */
export class PartitionLog {
  #events: StoredEvent[] = [];
  #gone = 0;

  /** @param lastRecordedAt of the partition that it was split from */
  constructor(private lastRecordedAt: EpochMs | null = null) {}

  /** Position of the last event, 0 for none. */
  get head(): bigint {
    return BigInt(this.#gone + this.#events.length);
  }

  /** Moment of the last event, also where that is gone. */
  get endsAt(): EpochMs | null {
    return this.lastRecordedAt;
  }

  /** What is left, in position order. */
  get events(): readonly StoredEvent[] {
    return this.#events;
  }

  append(event: StoredEvent): void {
    this.#events.push(event);
    this.lastRecordedAt = event.recordedAt;
  }

  after(position: bigint, max: number): readonly StoredEvent[] {
    const from = Math.max(0, Number(position) - this.#gone);
    return this.#events.slice(from, from + max);
  }

  /** Takes out and answers what was recorded before this moment. */
  dropBefore(moment: EpochMs): readonly StoredEvent[] {
    const kept = this.#events.findIndex(({ recordedAt }) => recordedAt >= moment);
    const dropped = this.#events.splice(0, kept === -1 ? this.#events.length : kept);
    this.#gone += dropped.length;
    return dropped;
  }
}
