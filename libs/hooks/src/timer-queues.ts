import type { DueEvent } from '#contract';
import { settlesWithin } from '#kafka';
import type { HookRun } from './hook-run.js';

/** What was last taken of a timer. Within one event the question comes before the event, and attempts rise. */
interface Seen {
  readonly version: number;
  readonly eventId: string;
  readonly rank: number;
  /** An offer: nobody had claimed the attempt when it was made. */
  readonly isOffer: boolean;
}
const attemptsMax = 1e9;
const rankOf = (kind: 'due' | 'ask', attempt: number): number =>
  kind === 'ask' ? attempt : attemptsMax + attempt;

/** What became of a run: its answer is in Kafka, or could not be sent; or it was let go of before it began. */
export type RunEnd =
  | { readonly kind: 'answered' }
  | { readonly kind: 'unsent'; readonly error: unknown }
  | { readonly kind: 'let-go' };

interface Entry {
  readonly run: HookRun;
  readonly done: (end: RunEnd) => void;
}
interface Lane {
  current: Entry | null;
  readonly waiting: Entry[];
}

const stops = 'the worker stops';

/** How many timers' last seen versions are remembered, so that a repeated emission does not run twice. */
const rememberedMax = 50_000;

/**
 * Answers that may be on their way to Kafka beside a full set of handlers. They leave together, so a handler that is done makes room for
 * the next one at once; with so many none begins, so that few are run in vain while Kafka does not answer.
 */
export const answersUnderWayMax = 512;

/** Order within a timer, parallel across timers, never more than `parallelism` handlers at a time. */
export class TimerQueues {
  readonly #lanes = new Map<string, Lane>();
  readonly #ready: Lane[] = [];
  readonly #seen = new Map<string, Seen>();
  /** Handlers, and what has not got its answer to Kafka yet, handlers included. */
  #handling = 0;
  #running = 0;
  #idleWanted: (() => void)[] = [];

  /** @param hasRoom false: so much waits to be sent that no further handler begins while others run */
  constructor(
    private readonly parallelism: number,
    private readonly hasRoom: () => boolean = () => true,
  ) {}

  /** False: this is a repeat of what was seen before. */
  add(
    { kind, event }: { readonly kind: 'due' | 'ask'; readonly event: DueEvent },
    start: () => HookRun,
    done: (end: RunEnd) => void,
  ): boolean {
    const { id, version } = event.timer;
    const { eventId, attempt, unclaimed: isOffer = false } = event;
    const taken: Seen = { version, eventId, rank: rankOf(kind, attempt), isOffer };
    if (this.#isRepeat(id, taken)) return false;
    this.#remember(id, taken);
    const entry: Entry = { run: start(), done };
    const lane = this.#lanes.get(id) ?? { current: null, waiting: [] };
    this.#lanes.set(id, lane);
    // a later attempt means that the former one was given up: its handler must stop before this one runs
    for (const former of [lane.current, ...lane.waiting]) former?.run.abort('a later attempt has begun');
    lane.waiting.push(entry);
    if (lane.current === null && lane.waiting.length === 1) this.#ready.push(lane);
    this.#pump();
    return true;
  }

  /** What waits is let go of now. Resolves when nothing runs, or after so long: what runs then is handed back. */
  async drain(waitMs: number): Promise<void> {
    this.#letGo();
    if (this.#running === 0) return;
    await settlesWithin(waitMs, new Promise<void>((resolve) => this.#idleWanted.push(resolve)));
    await Promise.all([...this.#lanes.values()].map(({ current }) => current?.run.handBack(stops)));
  }

  #letGo(): void {
    this.#ready.length = 0;
    for (const lane of this.#lanes.values())
      for (const { run, done } of lane.waiting.splice(0)) {
        run.abort(stops);
        done({ kind: 'let-go' });
      }
  }

  #pump(): void {
    while (this.#mayBegin()) {
      const lane = this.#ready.shift();
      const entry = lane?.waiting.shift();
      if (lane === undefined || entry === undefined) break;
      lane.current = entry;
      this.#begin(lane, entry);
    }
  }

  #mayBegin(): boolean {
    if (this.#handling >= this.parallelism || this.#running >= this.parallelism + answersUnderWayMax)
      return false;
    // the end of whatever runs asks again
    return this.#running === 0 || this.hasRoom();
  }

  #begin(lane: Lane, entry: Entry): void {
    this.#running += 1;
    this.#handling += 1;
    let isHandling = true;
    const handled = (): void => {
      if (isHandling) this.#handling -= 1;
      isHandling = false;
    };
    const finish = (end: RunEnd): void => {
      handled();
      this.#finish(lane, entry, end);
    };
    const onHandled = (): void => {
      handled();
      this.#pump();
    };
    entry.run.run(onHandled).then(
      () => finish({ kind: 'answered' }),
      (error: unknown) => finish({ kind: 'unsent', error }),
    );
  }

  #finish(lane: Lane, entry: Entry, end: RunEnd): void {
    this.#running -= 1;
    lane.current = null;
    if (lane.waiting.length > 0) this.#ready.push(lane);
    else this.#lanes.delete(entry.run.event.timer.id);
    entry.done(end);
    this.#pump();
    if (this.#running === 0) {
      for (const wake of this.#idleWanted) wake();
      this.#idleWanted = [];
    }
  }

  /** A repeated emission carries the same event and attempt, though the timer's version may have moved since. */
  #isRepeat(id: string, taken: Seen): boolean {
    const seen = this.#seen.get(id);
    if (seen === undefined) return false;
    if (taken.eventId !== seen.eventId) return taken.version <= seen.version;
    if (taken.rank !== seen.rank || !taken.isOffer) return taken.rank <= seen.rank;
    // the same attempt is offered again because the last offer came to no claim; while it is under way here, it still may
    return taken.version <= seen.version || this.#lanes.has(id);
  }

  #remember(id: string, taken: Seen): void {
    this.#seen.delete(id);
    this.#seen.set(id, taken);
    if (this.#seen.size > rememberedMax) {
      const [oldest] = this.#seen.keys();
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
  }
}
