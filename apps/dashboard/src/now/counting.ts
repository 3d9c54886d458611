import { useEffect } from 'react';
import { useWatch } from '../api/live.ts';
import { Meter } from './meter.ts';

/** After so long on other pages what happened meanwhile is no longer read: it may be much. */
const goOnWithinMs = 60_000;

/** What is counted as long as the tab is open: a look at another page is no new beginning. */
class Counting {
  readonly meter = new Meter(Date.now());
  #place: string | null = null;
  #leftAt = Number.NEGATIVE_INFINITY;

  note(place: string): void {
    this.#place = place;
  }

  leave(): void {
    this.#leftAt = Date.now();
  }

  /** Where the log is read on; null: from now on. */
  goOn(): string | null {
    const now = Date.now();
    if (this.#place !== null && now - this.#leftAt < goOnWithinMs) return this.#place;
    this.meter.goOnFrom(now);
    return null;
  }
}

const counting = new Counting();

/** Follows all that is told while it is shown, and what was told since it was shown last. */
export function useMeter(): Meter {
  useEffect(() => () => counting.leave(), []);
  useWatch('', {
    from: () => counting.goOn(),
    onTold: (told, place) => {
      counting.note(place);
      counting.meter.tell(told, Date.now());
    },
  });
  return counting.meter;
}
