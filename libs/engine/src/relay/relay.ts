import { messageOf } from '../log/errors.js';
import type { LogFeed, StoredEvent, StoredRejection } from '../log/log-feed.js';
import { followOn, type LogGap } from '../log/log-gap.js';
import type { LocalClock, Logger, Sleep } from '../ports.js';

/** Publishes; resolves when Kafka has acknowledged all of it. */
export interface FeedSink {
  publishEvents(events: readonly StoredEvent[]): Promise<void>;
  publishRejections(rejections: readonly StoredRejection[]): Promise<void>;
}

export interface RelayDeps {
  readonly feed: LogFeed;
  readonly sink: FeedSink;
  readonly logger: Logger;
  readonly sleep: Sleep;
  readonly eventsPerReadMax?: number;
  /** Longest wait for events that somebody else wrote. */
  readonly pollMs?: number;
  /** A holder that has not moved for this long is taken for frozen. */
  readonly stalledMs?: number;
  readonly clock: LocalClock;
  /** Whoever holds this one publishes the refused commands as well; 0 if none is named. It lies in the feed's database. */
  readonly rejectionsPartition?: number;
  /** Events that are committed and not published yet, of the partitions held; told a few times a second. */
  readonly onLag?: (events: number) => void;
}

const holdEveryMs = 1_000;
/** Somebody else has a partition that we should publish: leaving, most likely, and it lies unread from their last read to our first. */
const holdSoonMs = 25;
/** Whoever leaves has gone by then; one that is frozen is asked after no more often than it may be. */
const leavingMaxMs = 3_000;
const holdWhileFrozenMs = 250;
const lagToldEveryMs = 250;
/** A partition with a gap is looked at again so often: whoever mends it need not restart anything. */
const gapLookedAtEveryMs = 10_000;
/**
 * Under a steady load the log is read this often at most: each read costs a query, a send, a mark and a fetch, of
 * whatever size. The first event after a pause goes at once, and a backlog without rest.
 */
const readEveryMs = 20;
const fullRead = 500;

/** A snapshot says again what is known, for whoever folds the log; the feed has no use for it, and it may be larger than a record. */
const isNews = ({ type }: StoredEvent): boolean => type !== 'TimerSnapshotted';

/**
 * Tails the log and publishes it: one reader a partition, all partitions in one query and one send. The checkpoint
 * moves after the acknowledgement, so a crash between the two repeats events, with the same ids, and loses none. It never
 * moves over a gap: a partition that has one stands before it, and says so, until it is mended.
 */
export class Relay {
  #wanted: readonly number[] = [];
  #positions = new Map<number, bigint>();
  #wake: () => void = () => undefined;
  #holdAgain = true;
  #wantedAt = Number.NEGATIVE_INFINITY;
  #lagToldAt = Number.NEGATIVE_INFINITY;
  /** Partitions that another reader holds: where its mark stood, and since when. */
  readonly #watched = new Map<number, { position: bigint; sinceMs: number }>();
  /** Partitions that stand before a gap: where, and when it was found. */
  readonly #gaps = new Map<number, { after: bigint; foundAtMs: number }>();

  constructor(private readonly deps: RelayDeps) {}

  /** Partitions whose log this process should publish, if nobody else holds them. */
  want(partitions: readonly number[]): void {
    this.#wanted = partitions;
    this.#wantedAt = this.deps.clock();
    this.#holdAgain = true;
    this.#wake();
  }

  /** Something was just committed here. */
  nudge(): void {
    this.#wake();
  }

  /** Events that were published so far, a partition. */
  get positions(): ReadonlyMap<number, bigint> {
    return this.#positions;
  }

  async run(stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => this.#wake(), { once: true });
    let heldAt = Number.NEGATIVE_INFINITY;
    for (let round = 0; !stop.aborted; round += 1) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        if (this.#holdAgain || this.deps.clock() - heldAt >= this.#holdEveryMs) {
          await this.#hold();
          heldAt = this.deps.clock();
        }
        const beganAt = this.deps.clock();
        const published = await this.#publishOnce(round);
        await this.#tellLag();
        if (published > 0) {
          if (published < fullRead) await this.deps.sleep(readEveryMs - (this.deps.clock() - beganAt), stop);
          continue;
        }
      } catch (error) {
        this.deps.logger.warn({ error: messageOf(error) }, 'relay will try again');
        this.#holdAgain = true;
        await this.deps.sleep(250, stop);
      }
      await this.#pause(woken);
    }
    await this.deps.feed
      .release()
      .catch((error: unknown) =>
        this.deps.logger.warn({ error: String(error) }, 'relay locks end with the session'),
      );
  }

  get #holdEveryMs(): number {
    if (this.#positions.size + this.#gaps.size >= this.#wanted.length) return holdEveryMs;
    return this.deps.clock() - this.#wantedAt < leavingMaxMs ? holdSoonMs : holdWhileFrozenMs;
  }

  /** One round: read, publish, move the checkpoint. Answers how many records went out. */
  async #publishOnce(round: number): Promise<number> {
    if (this.#positions.size === 0) return 0;
    const read = await this.deps.feed.readAfter(this.#positions, this.deps.eventsPerReadMax ?? 2_000);
    const { reached, gaps } = followOn(this.#positions, read);
    const isBeforeGap = ({ partition, position }: StoredEvent) => position <= (reached.get(partition) ?? 0n);
    const events = gaps.length === 0 ? read : read.filter(isBeforeGap);
    if (events.length > 0) {
      await this.deps.sink.publishEvents(events.filter(isNews));
      await this.#advance(reached);
    }
    for (const gap of gaps) this.#standBefore(gap);
    // refusals are rare, and nobody waits for this copy of them: under load they are looked for now and then
    const looksForRejections = events.length === 0 || round % 10 === 0;
    return events.length + (looksForRejections ? await this.#publishRejections() : 0);
  }

  #standBefore({ partition, after, next }: LogGap): void {
    this.#positions.delete(partition);
    this.#gaps.set(partition, { after, foundAtMs: this.deps.clock() });
    this.deps.logger.error(
      { partition, after: String(after), next: String(next) },
      'the log has a gap: this partition is not published beyond it; see docs/operations.md',
    );
  }

  async #advance(reached: ReadonlyMap<number, bigint>): Promise<void> {
    const moves = [...reached].map(([partition, to]) => ({
      partition,
      from: this.#positions.get(partition) ?? 0n,
      to,
    }));
    const won = await this.deps.feed.advance(moves);
    for (const { partition, to } of moves) if (won.has(partition)) this.#positions.set(partition, to);
    if (won.size < moves.length) {
      this.deps.logger.warn(
        { lost: moves.filter(({ partition }) => !won.has(partition)).map(({ partition }) => partition) },
        'another relay had moved these partitions on',
      );
      this.#positions.clear();
      this.#holdAgain = true;
    }
  }

  async #tellLag(): Promise<void> {
    const now = this.deps.clock();
    if (this.deps.onLag === undefined || now - this.#lagToldAt < lagToldEveryMs) return;
    this.#lagToldAt = now;
    const heads = await this.deps.feed.heads([...this.#positions.keys(), ...this.#gaps.keys()]);
    let lag = 0n;
    for (const [partition, head] of heads)
      lag += head - (this.#positions.get(partition) ?? this.#gaps.get(partition)?.after ?? head);
    this.deps.onLag(Number(lag));
  }

  async #publishRejections(): Promise<number> {
    if (!this.#positions.has(this.deps.rejectionsPartition ?? 0)) return 0;
    const rejections = await this.deps.feed.unpublishedRejections(500);
    if (rejections.length === 0) return 0;
    await this.deps.sink.publishRejections(rejections);
    await this.deps.feed.markRejectionsPublished(rejections.map(({ sequence }) => sequence));
    return rejections.length;
  }

  async #hold(): Promise<void> {
    this.#holdAgain = false;
    const wanted = this.#withoutGaps(this.#wanted);
    const locked = await this.deps.feed.hold(wanted);
    const held = [
      ...locked,
      ...(await this.#stalled(wanted.filter((partition) => !locked.includes(partition)))),
    ];
    const isSame =
      held.length === this.#positions.size && held.every((partition) => this.#positions.has(partition));
    if (!isSame) this.#positions = new Map(await this.deps.feed.checkpoints(held));
  }

  /** Of a gap that was found a while ago it is seen anew whether it is there. */
  #withoutGaps(partitions: readonly number[]): readonly number[] {
    const now = this.deps.clock();
    for (const [partition, { foundAtMs }] of this.#gaps)
      if (!partitions.includes(partition) || now - foundAtMs >= gapLookedAtEveryMs)
        this.#gaps.delete(partition);
    return partitions.filter((partition) => !this.#gaps.has(partition));
  }

  /**
   * Partitions whose holder has stood still for a while with events before it: frozen, most likely, with its lock. They
   * are read beside it, until it moves the mark; the compare-and-set of the mark keeps both from more than a repeat.
   */
  async #stalled(others: readonly number[]): Promise<number[]> {
    for (const partition of this.#watched.keys())
      if (!others.includes(partition)) this.#watched.delete(partition);
    if (others.length === 0) return [];
    const marks = await this.deps.feed.checkpoints(others);
    const now = this.deps.clock();
    for (const [partition, position] of marks) {
      const watched = this.#watched.get(partition);
      if (watched?.position === position) continue;
      // where we moved the mark ourselves, beside the holder, it tells nothing of the holder
      const isOurs = this.#positions.get(partition) === position;
      this.#watched.set(partition, { position, sinceMs: isOurs ? (watched?.sinceMs ?? now) : now });
    }
    const still = [...marks].filter(
      ([partition]) => now - (this.#watched.get(partition)?.sinceMs ?? now) > (this.deps.stalledMs ?? 3_000),
    );
    const beside = still
      .map(([partition]) => partition)
      .filter((partition) => this.#positions.has(partition));
    const unread = still.filter(([partition]) => !this.#positions.has(partition));
    if (unread.length === 0) return beside;
    const ahead = await this.deps.feed.readAfter(new Map(unread), 100);
    const stalled = [...new Set(ahead.map(({ partition }) => partition))];
    if (stalled.length > 0)
      this.deps.logger.warn({ partitions: stalled }, 'their relay stands still; publishing beside it');
    return [...beside, ...stalled];
  }

  async #pause(woken: Promise<void>): Promise<void> {
    const nap = new AbortController();
    await Promise.race([woken, this.deps.sleep(this.deps.pollMs ?? 20, nap.signal)]);
    nap.abort('woken');
  }
}
