import { isDeepStrictEqual } from 'node:util';
import type { LogTopology } from '#engine';
import type { TimerId, TimerState } from '#timer';
import type { Finding } from './finding.js';
import { RecentCheck } from './recent-check.js';
import { StreamFold } from './stream-fold.js';
import type { PlacedEvent } from './streams.js';

type Splits = LogTopology['splits'];

/** Whether one timer's events follow one another, taken in one by one, and whether they fold to its state. */
export class StreamCheck {
  readonly #fold = new StreamFold();
  readonly #recent: RecentCheck;
  #firstVersion = 0;
  #before: Pick<PlacedEvent, 'partition' | 'position'> | null = null;
  #wrongVersion: Finding | null = null;
  #misplaced: Finding | null = null;

  constructor(
    private readonly timerId: TimerId,
    private readonly stored: TimerState | null,
    private readonly splits: Splits,
  ) {
    this.#recent = new RecentCheck(stored?.recent ?? []);
  }

  add(placed: PlacedEvent): void {
    const { version, partition, position } = placed;
    if (this.events === 0) this.#firstVersion = version;
    const expected = this.#firstVersion + this.events;
    if (version !== expected)
      this.#wrongVersion ??= this.#finding(
        version < expected ? 'version-twice' : 'version-gap',
        `version ${version} where ${expected} was due`,
      );
    const before = this.#before;
    if (before !== null && !follows(placed, before, this.splits))
      this.#misplaced ??= this.#finding(
        'out-of-order',
        `version ${version} lies at ${partition}/${position}, the one before at ${before.partition}/${before.position}`,
      );
    this.#before = { partition, position };
    this.#recent.add(placed);
    this.#fold.add(placed);
  }

  get events(): number {
    return this.#fold.events;
  }

  /** Once all events are taken in. */
  findings(): Finding[] {
    // what follows a gap or a double says nothing more
    if (this.#wrongVersion !== null) return [this.#wrongVersion];
    if (this.events === 0)
      return [
        this.#finding(
          'state-without-log',
          `state at version ${this.stored?.version}, no event: a day of the log is missing, or all of it`,
        ),
      ];
    const state = this.#fold.isCutOff
      ? this.#finding(
          'log-cut-off',
          `its events begin at version ${this.#firstVersion} without a snapshot: a day of the log is missing`,
        )
      : this.#difference();
    return [this.#misplaced, state].filter((finding) => finding !== null);
  }

  #difference(): Finding | null {
    const { stored } = this;
    const folded = this.#fold.state;
    if (folded !== null && stored === null)
      return this.#finding('state-missing', `the log folds to version ${folded.version}`);
    const isRecentFormer = folded !== null && this.#recent.isOfFormer(folded.recent);
    const due = isRecentFormer ? { ...folded, recent: stored?.recent } : folded;
    if (isDeepStrictEqual(plain(due), plain(stored))) return null;
    return this.#finding('state-differs', `log: ${JSON.stringify(folded)}; state: ${JSON.stringify(stored)}`);
  }

  #finding(what: Finding['what'], detail: string): Finding {
    return { what, timerId: this.timerId, detail };
  }
}

/** A timer's events follow one another in its partition, and go over to another one only where an expansion split that off. */
const follows = (
  { partition, position }: PlacedEvent,
  before: Pick<PlacedEvent, 'partition' | 'position'>,
  splits: Splits,
): boolean =>
  before.partition === partition
    ? before.position < position
    : isSplitOff(splits, partition, before.partition, before.position);

/** Through any number of expansions in which the timer had no event. */
function isSplitOff(splits: Splits, partition: number, from: number, at: bigint): boolean {
  const split = splits.find((one) => one.partition === partition);
  if (split === undefined) return false;
  return split.parent === from ? at <= split.after : isSplitOff(splits, split.parent, from, at);
}

/** As JSON sees it: an absent field and an undefined one are the same. */
const plain = (state: object | null): unknown => JSON.parse(JSON.stringify(state));
