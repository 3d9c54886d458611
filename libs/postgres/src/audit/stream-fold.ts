import { evolve, type RecordedEvent, type TimerState } from '#timer';

/** What one timer's events fold to, taken in one by one, oldest first: a long history needs no more memory than a short one. */
export class StreamFold {
  #state: TimerState | null = null;
  #events = 0;
  #isFromStart = false;
  #isSnapshotted = false;
  #isDeleted = false;

  add(recorded: RecordedEvent): void {
    const { type } = recorded.event;
    if (this.#events === 0) this.#isFromStart = type === 'TimerCreated';
    this.#isSnapshotted ||= type === 'TimerSnapshotted';
    this.#isDeleted = type === 'TimerDeleted';
    this.#events += 1;
    this.#state = evolve(this.#state, recorded);
  }

  /** Null: the log says that there is no such timer, or it cannot say. */
  get state(): TimerState | null {
    return this.#state;
  }
  get events(): number {
    return this.#events;
  }
  /** Nothing can be said of what such events fold to, unless they end with the timer's own end. */
  get isCutOff(): boolean {
    return this.#events > 0 && !(this.#isFromStart || this.#isSnapshotted || this.#isDeleted);
  }
}
