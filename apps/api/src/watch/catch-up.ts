import { followOn, type LogTail, type LogTopology, type StoredEvent, type TimerQueries } from '#engine';
import type { Gate } from './gate.js';
import { framed, Group, type Wish } from './group.js';
import { LogGapError, MovingPosition, type Position } from './position.js';
import { StateFollower } from './state-follower.js';
import type { WatchStream } from './stream.js';

const pageEvents = 200;
const pageBytesMax = 1024 * 1024;
const statesBytesMax = 4 * 1024 * 1024;

export interface CatchUpDeps {
  readonly past: () => LogTail;
  readonly queries: Pick<TimerQueries, 'stateAtVersion'>;
  /** So many read at a time, however many come back at once. */
  readonly gate: Gate;
  /** As this process knows it by now. */
  readonly topology: () => LogTopology;
  /** True: the reader is where the live ones are, and is one of them now. False: there is more to read; here is how far. */
  readonly join: (
    stream: WatchStream,
    wish: Wish,
    at: MovingPosition,
    states: StateFollower,
  ) => Promise<true | Position>;
}

/** Whether the log still has everything after a position. */
export async function isKept(tail: Pick<LogTail, 'heads' | 'readAfter'>, from: Position): Promise<boolean> {
  const heads = await tail.heads([...from.keys()]);
  const behind = new Map([...from].filter(([partition, at]) => at !== heads.get(partition)));
  // one event of each partition, the very next; where these are large, a read ends before it has come to all of them
  while (behind.size > 0) {
    const next = await tail.readAfter(behind, behind.size);
    if (next.length === 0 || followOn(behind, next).gaps.length > 0) return false;
    for (const { partition } of next) behind.delete(partition);
  }
  return true;
}

/** Tells a reader who comes back what it missed, at its own pace, and hands it over to the live ones. @throws LogGapError */
export async function catchUp(
  stream: WatchStream,
  wish: Wish,
  from: Position,
  deps: CatchUpDeps,
): Promise<void> {
  const reader = new Reader(stream, wish, new MovingPosition(deps.topology(), from), deps);
  let goal: Position | null = null;
  while (stream.isOpen) {
    // what was told last is taken before there is more: an unread page is all that one reader holds
    await stream.drained();
    reader.at.follow(deps.topology());
    if (goal === null || reader.at.hasReached(goal)) {
      const joined = await deps.join(stream, wish, reader.at, reader.states);
      if (joined === true) return;
      goal = joined;
    }
    await reader.tellPage(goal);
  }
}

class Reader {
  readonly #tail: LogTail;
  readonly #group: Group;
  readonly states: StateFollower;

  constructor(
    private readonly stream: WatchStream,
    wish: Wish,
    readonly at: MovingPosition,
    private readonly deps: CatchUpDeps,
  ) {
    this.#tail = deps.past();
    this.#group = new Group(wish);
    this.states = new StateFollower(deps.queries, statesBytesMax);
  }

  async tellPage(goal: Position): Promise<void> {
    // a partition that is there would only take room from one that is not
    const behind = new Map(
      [...this.at.readable].filter(([partition, at]) => at < (goal.get(partition) ?? 0n)),
    );
    const page = await this.deps.gate.run(() => this.#tail.readAfter(behind, pageEvents));
    // not beyond the live ones: they would tell it again
    const due = page.filter(({ partition, position }) => position <= (goal.get(partition) ?? 0n));
    if (due.length === 0) throw gapIn(page, behind, goal);
    const events = cutToBytes(due, pageBytesMax);
    const resumeAt = this.at.text;
    const told = await this.states.follow(events, (event) => this.#group.needs(event));
    const chunk = this.#group.chunk(framed(told, this.at));
    if (chunk !== null) this.stream.send(chunk, resumeAt);
  }
}

/** Nothing is left of what lay between a place and the goal. */
function gapIn([found]: readonly StoredEvent[], behind: Position, goal: Position): LogGapError {
  const partition = found?.partition ?? [...behind.keys()][0] ?? 0;
  const next = found?.position ?? (goal.get(partition) ?? 0n) + 1n;
  return new LogGapError(partition, behind.get(partition) ?? 0n, next);
}

/** The first of them, up to a size; the one that passes it is the last. */
function cutToBytes(events: readonly StoredEvent[], bytesMax: number): readonly StoredEvent[] {
  let bytes = 0;
  const end = events.findIndex(({ data }) => {
    bytes += data.length;
    return bytes > bytesMax;
  });
  return end === -1 ? events : events.slice(0, end + 1);
}
