import { handOver } from '#engine';
import type { ConsumerGroup } from './consumer-group.js';
import type { Random } from './random.js';
import type { Link, SimProcess } from './sim-process.js';
import type { SimRecord, SimTopic } from './sim-topic.js';

const heartbeatEveryMs = 1_000;

export interface ConsumerHandlers<T> {
  /** As with the real consumer: asked after each assignment; without, at the committed offset. */
  startFrom?(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint | 'latest' | 'held'>>;
  onRebalancing?(): void;
  /** `starts`: of those that are not held; `width`: of the topic, as it was then. */
  onAssigned(
    partitions: readonly number[],
    starts: ReadonlyMap<number, bigint>,
    width: number,
  ): Promise<void> | void;
  onRecords(partition: number, records: readonly SimRecord<T>[], isCurrent: () => boolean): Promise<void>;
}

export interface ConsumerDeps<T> {
  readonly process: SimProcess;
  readonly topic: SimTopic<T>;
  readonly group: ConsumerGroup;
  readonly link: Link;
  readonly random: Random;
  /** How often a fetch goes back to records that were handed on before. */
  readonly duplicateChance: () => number;
  readonly handlers: ConsumerHandlers<T>;
}

/**
 * A member of a group, with the manners of the real one: it says where to start after each assignment, hands on batches,
 * and learns after the fact that a partition is not its own any more.
 */
export class GroupConsumer<T> {
  readonly process: SimProcess;
  #generation = 0;
  #share: readonly number[] = [];
  #isLeaving = false;
  readonly #positions = new Map<number, bigint>();
  readonly #seeks = new Map<number, number>();
  /** Fetches that wait for the end to grow; a seek ends their wait. */
  readonly #sought: (() => void)[] = [];

  constructor(private readonly deps: ConsumerDeps<T>) {
    const { process, group } = deps;
    this.process = process;
    process.onFreeze(() => group.noticeFrozen(this));
    process.onWake(() => void this.#rejoin());
  }

  join(): void {
    this.deps.group.join(this);
  }

  leave(): void {
    this.#isLeaving = true;
    this.#generation += 1;
    this.deps.handlers.onRebalancing?.();
    this.deps.group.leave(this);
  }

  /** Whoever stays has a share by then, or nobody does. */
  leftTo(): Promise<void> {
    const { group, link } = this.deps;
    return handOver(() => this.process.call('group', link, async () => group.state), this.process.sleep);
  }

  /** Told by the coordinator; a process that is frozen hears of it when it wakes. */
  assign(partitions: readonly number[]): void {
    if (this.#isLeaving || !this.deps.group.has(this)) return;
    this.process.hear(() => {
      this.#share = partitions;
      this.deps.handlers.onRebalancing?.();
      this.reposition();
    });
  }

  /** Asks again where to start, as after an assignment. */
  reposition(): void {
    this.#generation += 1;
    this.#positions.clear();
    void this.#begin(this.#share, this.#generation);
  }

  seek(partition: number, offset: bigint): void {
    this.process.note(`seeks ${this.deps.topic.name}/${partition} ${offset}`);
    this.#seeks.set(partition, (this.#seeks.get(partition) ?? 0) + 1);
    if (this.#positions.has(partition)) this.#positions.set(partition, offset);
    for (const wake of this.#sought.splice(0)) wake();
  }

  commit(partition: number, next: bigint): void {
    if (this.#positions.has(partition)) this.deps.group.committed.set(partition, next);
  }

  /** Its session may have ended meanwhile. Until a heartbeat tells it so it goes on with what it has. */
  async #rejoin(): Promise<void> {
    const { random, group } = this.deps;
    await this.process.sleep(random.skewed(0, heartbeatEveryMs));
    if (!this.#isLeaving && !group.has(this)) this.join();
  }

  async #begin(partitions: readonly number[], generation: number): Promise<void> {
    const starts = await this.#starts(partitions, generation);
    if (starts === null) return;
    for (const [partition, position] of starts) this.#positions.set(partition, position);
    this.process.note(`reads ${this.deps.topic.name} from ${[...starts].join(' ')}`);
    for (const partition of starts.keys()) void this.#pump(partition, generation);
  }

  /** Asks again and again until it is known, or another assignment came. */
  async #starts(
    partitions: readonly number[],
    generation: number,
  ): Promise<ReadonlyMap<number, bigint> | null> {
    const { handlers, topic, group, link } = this.deps;
    for (;;) {
      try {
        const wanted = await handlers.startFrom?.(partitions);
        const { starts, width } = await this.process.call('offsets', link, async () => ({
          width: topic.width,
          starts: new Map(
            partitions.flatMap((partition): [number, bigint][] => {
              const start = wanted === undefined ? group.committed.get(partition) : wanted.get(partition);
              if (start === 'held') return [];
              return [[partition, start === 'latest' ? topic.end(partition) : (start ?? 0n)]];
            }),
          ),
        }));
        if (generation !== this.#generation) return null;
        await handlers.onAssigned(partitions, starts, width);
        return generation === this.#generation ? starts : null;
      } catch {
        await this.process.sleep(200);
        if (generation !== this.#generation) return null;
      }
    }
  }

  async #pump(partition: number, generation: number): Promise<void> {
    const { topic, handlers, link, random } = this.deps;
    while (generation === this.#generation) {
      const from = this.#positions.get(partition) ?? 0n;
      const seeks = this.#seeks.get(partition);
      if (topic.end(partition) <= from) {
        const sought = new Promise<void>((resolve) => this.#sought.push(resolve));
        await Promise.race([topic.beyond(partition, from), sought]);
        continue;
      }
      // fetched now, handed on later: a seek or an assignment may come between
      const records = await this.process.call('fetch', link, async () =>
        topic.read(partition, from, random.int(1, 20)),
      );
      const isCurrent = () => generation === this.#generation && seeks === this.#seeks.get(partition);
      if (generation !== this.#generation) return;
      this.process.note(`is given ${topic.name}/${partition} ${from} ${records.length}`);
      await handlers.onRecords(partition, records, isCurrent);
      if (isCurrent()) this.#positions.set(partition, this.#after(records, from));
    }
  }

  #after(records: readonly SimRecord<T>[], from: bigint): bigint {
    const { random, duplicateChance } = this.deps;
    const next = from + BigInt(records.length);
    if (!random.chance(duplicateChance())) return next;
    const back = next - BigInt(random.int(1, 5));
    return back < 0n ? 0n : back;
  }
}
