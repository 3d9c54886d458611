import type { EpochMs, TimerId } from '#timer';
import type { ArmedTimer } from '../log/due-index.js';

interface Entry {
  readonly timerId: TimerId;
  slot: number;
  version: number;
  dueAt: EpochMs;
  place: number;
}

/**
 * What is due next, earliest first; a timer is in it once. The version decides between two reports of one timer.
 * Bounded: when full, the latest quarter leaves and `horizon` says up to when the rest is complete. An entry costs 260 bytes,
 * its place in heap and map included (200,000 of them on Node 24).
 */
export class DueHeap {
  readonly #heap: Entry[] = [];
  readonly #entries = new Map<TimerId, Entry>();
  #horizon = Number.NEGATIVE_INFINITY as EpochMs;

  constructor(readonly entriesMax: number) {}

  get size(): number {
    return this.#heap.length;
  }

  /** Everything due up to this moment is in the heap; later ones are left in the database. */
  get horizon(): EpochMs {
    return this.#horizon;
  }

  set horizon(moment: EpochMs) {
    this.#horizon = moment;
  }

  nextDueAt(): EpochMs | null {
    return this.#heap[0]?.dueAt ?? null;
  }

  /** As of this version, or of a later one. */
  has({ timerId, version }: Pick<ArmedTimer, 'timerId' | 'version'>): boolean {
    const known = this.#entries.get(timerId);
    return known !== undefined && known.version >= version;
  }

  /** A timer's clock as of a version; later than the horizon, it is not kept. Older news change nothing. */
  arm({ timerId, slot, version, dueAt }: ArmedTimer): void {
    const known = this.#entries.get(timerId);
    if (known !== undefined) {
      if (version >= known.version) this.#move(known, version, dueAt);
      return;
    }
    if (dueAt > this.#horizon) return;
    if (this.#heap.length >= this.entriesMax) this.#shed();
    if (dueAt > this.#horizon) return;
    const entry: Entry = { timerId, slot, version, dueAt, place: this.#heap.length };
    this.#entries.set(timerId, entry);
    this.#heap.push(entry);
    this.#settle(entry.place);
  }

  /** The timer has no time any more, as of this version. */
  disarm(timerId: TimerId, version: number): void {
    const known = this.#entries.get(timerId);
    if (known !== undefined && version >= known.version) this.#remove(known);
  }

  takeDue(now: EpochMs, max: number): ArmedTimer[] {
    const due: ArmedTimer[] = [];
    while (due.length < max) {
      const first = this.#heap[0];
      if (first === undefined || first.dueAt > now) break;
      this.#remove(first);
      due.push({ timerId: first.timerId, slot: first.slot, version: first.version, dueAt: first.dueAt });
    }
    return due;
  }

  keepSlots(owned: ReadonlySet<number>): void {
    for (const entry of [...this.#heap]) if (!owned.has(entry.slot)) this.#remove(entry);
  }

  clear(): void {
    this.#heap.length = 0;
    this.#entries.clear();
    this.#horizon = Number.NEGATIVE_INFINITY as EpochMs;
  }

  #move(known: Entry, version: number, dueAt: EpochMs): void {
    known.version = version;
    known.dueAt = dueAt;
    if (dueAt > this.#horizon) this.#remove(known);
    else this.#settle(known.place);
  }

  /** Drops the latest quarter at once: a sort a quarter of a heap's inserts is cheaper than a second heap. */
  #shed(): void {
    const byTime = [...this.#heap].sort((a, b) => a.dueAt - b.dueAt);
    const kept = Math.floor((this.entriesMax * 3) / 4);
    const firstDropped = byTime[kept];
    if (firstDropped === undefined) return;
    // what is kept stays, though others of that moment go: a moment may have more timers than there is room for
    this.#horizon = (firstDropped.dueAt - 1) as EpochMs;
    for (const entry of byTime.slice(kept)) this.#remove(entry);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.timerId);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#heap[entry.place] = last;
    last.place = entry.place;
    this.#settle(last.place);
  }

  #settle(place: number): void {
    this.#sink(this.#rise(place));
  }

  #rise(from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.#swapIfEarlier(place, above)) break;
      place = above;
    }
    return place;
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      const child = this.#dueAt(right) < this.#dueAt(left) ? right : left;
      if (!this.#swapIfEarlier(child, place)) return;
      place = child;
    }
  }

  #dueAt(place: number): number {
    return this.#heap[place]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  #swapIfEarlier(lower: number, upper: number): boolean {
    const [a, b] = [this.#heap[lower], this.#heap[upper]];
    if (a === undefined || b === undefined || a.dueAt >= b.dueAt) return false;
    this.#heap[upper] = a;
    this.#heap[lower] = b;
    a.place = upper;
    b.place = lower;
    return true;
  }
}
