import type { StoredEvent } from '#engine';
import type { TimerCondition } from '#timer';
import { EventFrames } from './frames.js';
import type { MovingPosition } from './position.js';
import type { WatchStream } from './stream.js';
import { Filter, type Told } from './told.js';

/** What a reader asked for. */
export interface Wish {
  readonly condition: TimerCondition;
  /** Each message brings the timer as well. */
  readonly withTimer: boolean;
}

/** Readers who asked for the same: what they are told is made once for all of them. */
export class Group {
  readonly streams = new Set<WatchStream>();
  readonly #filter: Filter;

  constructor(readonly wish: Wish) {
    this.#filter = new Filter(wish.condition);
  }

  static keyOf({ condition, withTimer }: Wish): string {
    return JSON.stringify([condition, withTimer]);
  }

  /** Whether the timer's state decides, or is told. */
  needs(event: StoredEvent): boolean {
    return (this.#filter.needsState || this.wish.withTimer) && !this.#filter.excludes(event);
  }

  /** What this group is told of a batch; null: nothing. */
  chunk(batch: readonly Framed[]): Buffer | null {
    const frames = batch.flatMap(({ told, frames }) => {
      const verdict = this.#filter.verdict(told);
      return verdict === null ? [] : [frames.frame(verdict, this.wish.withTimer)];
    });
    return frames.length === 0 ? null : Buffer.from(frames.join(''));
  }
}

export interface Framed {
  readonly told: Told;
  readonly frames: EventFrames;
}

/** Moves the position over a batch; each event's frames carry where it left it. @throws LogGapError */
export function framed(batch: readonly Told[], position: MovingPosition): Framed[] {
  return batch.map((told) => {
    position.move(told.event.partition, told.event.position);
    return { told, frames: new EventFrames(told, position.text) };
  });
}
