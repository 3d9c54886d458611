import { inTopology, type LogTail, type StoredEvent, type TimerQueries } from '#engine';
import { type Logger, loopService, type Service, sleep } from '#runtime';
import { problem } from '../http/problem-error.js';
import { Admission } from './admission.js';
import { catchUp } from './catch-up.js';
import { Folds } from './folds.js';
import { heartbeatFrame, noticeFrame } from './frames.js';
import { Gate } from './gate.js';
import { framed, Group, type Wish } from './group.js';
import { KnownTopology } from './known-topology.js';
import { LogGapError, MovingPosition, type Position } from './position.js';
import { StateFollower } from './state-follower.js';
import { shutdownFarewellMs, type WatchStream } from './stream.js';

export interface HubSettings {
  readonly pollMs: number;
  readonly heartbeatMs: number;
  readonly streamsMax: number;
}
export interface HubDeps {
  readonly live: LogTail;
  readonly past: () => LogTail;
  readonly queries: Pick<TimerQueries, 'stateAtVersion'>;
  readonly logger: Logger;
}

const batchEvents = 500;
const catchUpsAtOnceMax = 4;
const foldsAtOnceMax = 2;
const statesBytesMax = 64 * 1024 * 1024;
/** After a failure of the database, ms. */
const failurePauseMs = 500;

interface Joining {
  readonly stream: WatchStream;
  readonly wish: Wish;
  /** Null: wherever the live ones are. */
  readonly at: MovingPosition | null;
  /** Of timers that it has met on its way. */
  readonly states: StateFollower | null;
  readonly settle: (outcome: true | Position) => void;
}

/**
 * All watchers of this process, on one tail of the log.
 *
 * A round: whoever stands where the tail stands joins it; the next events are read; the timers before and after each are
 * worked out if somebody needs them; then, in one go, the tail moves on and everybody is told. Nobody joins in between,
 * so a reader's position says exactly what it has been told. Without watchers nothing is read. Who needs a timer that takes
 * long to fold leaves the tail for that, as if it came back just then: the others do not wait.
 */
export class WatchHub implements Service {
  readonly #groups = new Map<string, Group>();
  /** Everybody, those who still catch up among them. */
  readonly #streams = new Set<WatchStream>();
  readonly #joined = new Map<WatchStream, string>();
  readonly #joining: Joining[] = [];
  /** Who has been told that from there on nothing is missed. */
  readonly #ready = new WeakSet<WatchStream>();
  readonly #gate = new Gate(catchUpsAtOnceMax);
  readonly #admission: Admission;
  readonly #topology: KnownTopology;
  readonly #folds: Folds;
  readonly #follower: StateFollower;
  readonly #loop: Service;
  #heartbeat: NodeJS.Timeout | null = null;
  #at: MovingPosition | null = null;
  #wake: () => void = () => undefined;
  #isStopped = false;

  constructor(
    private readonly settings: HubSettings,
    private readonly deps: HubDeps,
  ) {
    this.#admission = new Admission(settings.streamsMax, () => this.#streams.size, deps.past);
    this.#topology = new KnownTopology(deps.live);
    this.#follower = new StateFollower(deps.queries, statesBytesMax);
    this.#folds = new Folds(deps.queries, foldsAtOnceMax);
    this.#loop = loopService((stop) => this.#run(stop));
  }

  /** This process goes away. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get size(): number {
    return this.#streams.size;
  }

  async start(): Promise<void> {
    this.#heartbeat ??= setInterval(() => this.#beat(), this.settings.heartbeatMs);
    await this.#loop.start();
  }

  /** Everybody is told to come again, to another process or to this one's successor. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    const stopped = this.#loop.stop();
    this.#wake();
    await stopped;
    for (const stream of this.#streams) this.#farewell(stream);
  }

  /** What a reader gave as its place, whichever topology it is of. @throws ProblemError `invalid-position` */
  placeOf(text: string): Promise<Position> {
    return this.#topology.placeOf(text);
  }

  /**
   * Before a stream is opened, which `enter` does, and adds it.
   * @throws ProblemError: no room, going away, or a position that the log no longer has
   */
  async admit(from: Position | null, enter: () => void): Promise<void> {
    if (this.#isStopped) throw problem('draining', 'this process goes away; come again');
    await this.#admission.admit(from, enter);
  }

  /** From now on, or from a position on. */
  add(stream: WatchStream, wish: Wish, from: Position | null): void {
    // it went away while the log was asked whether it has that position
    if (this.#isStopped) {
      this.#farewell(stream);
      return;
    }
    this.#streams.add(stream);
    if (from === null) void this.#join(stream, wish, null, null);
    else this.#catchUp(stream, wish, from);
  }

  /** A stream has closed. */
  remove(stream: WatchStream): void {
    this.#streams.delete(stream);
    const key = this.#joined.get(stream);
    if (key === undefined) return;
    this.#joined.delete(stream);
    const group = this.#groups.get(key);
    group?.streams.delete(stream);
    if (group?.streams.size === 0) this.#groups.delete(key);
  }

  #catchUp(stream: WatchStream, wish: Wish, from: Position): void {
    catchUp(stream, wish, from, {
      past: this.deps.past,
      queries: this.#folds,
      gate: this.#gate,
      topology: () => this.#topology.known,
      join: (...who) => this.#join(...who),
    }).catch((error: unknown) => this.#fail(stream, error));
  }

  #farewell(stream: WatchStream): void {
    // spread, so that they do not all come back in the same moment
    const retry = Buffer.from(`retry: ${500 + Math.floor(Math.random() * 2_500)}\n`);
    const bye = noticeFrame('bye', null, { code: 'draining', detail: 'this process goes away; come again' });
    stream.end(Buffer.concat([retry, bye]), shutdownFarewellMs);
  }

  #join(
    stream: WatchStream,
    wish: Wish,
    at: MovingPosition | null,
    states: StateFollower | null,
  ): Promise<true | Position> {
    return new Promise((settle) => {
      this.#joining.push({ stream, wish, at, states, settle });
      this.#wake();
    });
  }

  async #run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      if (this.#groups.size === 0 && this.#joining.length === 0) {
        this.#at = null;
        await this.#woken(stop);
        continue;
      }
      const isBusy = await this.#round().catch((error: unknown) => this.#roundFailed(error, stop));
      if (!isBusy) await sleep(this.settings.pollMs, stop);
    }
  }

  #woken(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (stop.aborted || this.#joining.length > 0) resolve();
    });
  }

  /** @returns whether there may be more at once */
  async #round(): Promise<boolean> {
    const topology = await this.#topology.present();
    this.#at ??= new MovingPosition(
      topology,
      await this.deps.live.heads([...inTopology(topology, new Map()).keys()]),
    );
    const at = this.#at;
    at.follow(topology);
    this.#settleJoining(at);
    const events = await this.deps.live.readAfter(at.readable, batchEvents);
    if (events.length === 0) return false;
    this.#putBeside(this.#follower.slow(events), at);
    const groups = [...this.#groups.values()];
    const told = await this.#follower.follow(events, (event) => groups.some((group) => group.needs(event)));
    const resumeAt = at.text;
    const batch = framed(told, at);
    for (const group of groups) {
      const chunk = group.chunk(batch);
      if (chunk !== null) for (const stream of group.streams) stream.send(chunk, resumeAt);
    }
    return events.length >= batchEvents / 2;
  }

  /** Whoever needs one of these goes on at its own pace, from before them, until it is here again. */
  #putBeside(slow: readonly StoredEvent[], at: MovingPosition): void {
    if (slow.length === 0) return;
    for (const [key, group] of this.#groups) {
      if (!slow.some((event) => group.needs(event))) continue;
      this.#groups.delete(key);
      for (const stream of group.streams) {
        this.#joined.delete(stream);
        this.#catchUp(stream, group.wish, new Map(at.position));
      }
    }
  }

  #settleJoining(at: MovingPosition): void {
    for (const { stream, wish, at: from, states, settle } of this.#joining.splice(0)) {
      if (from !== null && !from.equals(at.position)) {
        settle(new Map(at.position));
        continue;
      }
      if (stream.isOpen) {
        if (states !== null) this.#follower.adopt(states);
        this.#addTo(wish, stream);
        this.#tellReady(stream, at.text);
      }
      settle(true);
    }
  }

  #tellReady(stream: WatchStream, position: string): void {
    if (this.#ready.has(stream)) return;
    this.#ready.add(stream);
    const detail = 'from here on nothing is missed';
    stream.send(noticeFrame('ready', position, { code: 'ready', detail }), position);
  }

  #addTo(wish: Wish, stream: WatchStream): void {
    const key = Group.keyOf(wish);
    const group = this.#groups.get(key) ?? new Group(wish);
    this.#groups.set(key, group);
    this.#joined.set(stream, key);
    group.streams.add(stream);
  }

  #beat(): void {
    for (const stream of this.#streams) if (!this.#joined.has(stream)) stream.beat();
    if (this.#at === null) return;
    const { text } = this.#at;
    const frame = heartbeatFrame(text);
    for (const group of this.#groups.values()) for (const stream of group.streams) stream.send(frame, text);
  }

  async #roundFailed(error: unknown, stop: AbortSignal): Promise<boolean> {
    if (error instanceof LogGapError) {
      for (const group of this.#groups.values())
        for (const stream of group.streams) this.#fail(stream, error);
      this.#at = null;
      return true;
    }
    this.deps.logger.warn({ err: error }, 'the log does not answer; watchers wait for it');
    await sleep(failurePauseMs, stop);
    return true;
  }

  /** What one stream cannot go on with; the others do. */
  #fail(stream: WatchStream, error: unknown): void {
    const isGone = error instanceof LogGapError;
    if (!isGone) this.deps.logger.warn({ err: error }, 'a watcher could not be caught up; it comes again');
    stream.end(
      noticeFrame('dropped', null, {
        code: isGone ? 'history-expired' : 'not-ready',
        detail: isGone
          ? 'the log no longer has what comes next: read the list, then watch anew'
          : 'the log did not answer; come again with Last-Event-ID',
      }),
    );
  }
}
