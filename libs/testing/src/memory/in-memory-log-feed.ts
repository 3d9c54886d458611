import type { LogFeed, LogTopology, StoredEvent, StoredRejection } from '#engine';
import type { Tables } from './tables.js';

/** Which reader holds which partition; shared by all readers of one store. */
export type Holders = Map<number, InMemoryLogFeed>;

/** One reader of the log, as one session of a database would be. */
export class InMemoryLogFeed implements LogFeed {
  constructor(
    private readonly tables: Tables,
    private readonly holders: Holders,
  ) {}

  hold(partitions: readonly number[]): Promise<readonly number[]> {
    const wanted = new Set(partitions);
    for (const [partition, holder] of this.holders)
      if (holder === this && !wanted.has(partition)) this.holders.delete(partition);
    for (const partition of wanted) if (!this.holders.has(partition)) this.holders.set(partition, this);
    return Promise.resolve(partitions.filter((partition) => this.holders.get(partition) === this));
  }

  release(): Promise<void> {
    for (const [partition, holder] of this.holders) if (holder === this) this.holders.delete(partition);
    return Promise.resolve();
  }

  checkpoints(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(
      new Map(partitions.map((partition) => [partition, this.tables.checkpoints.get(partition) ?? 0n])),
    );
  }

  topology(): Promise<LogTopology> {
    return Promise.resolve(this.tables.topology);
  }

  heads(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(
      new Map(partitions.map((partition) => [partition, this.tables.logs[partition]?.head ?? 0n])),
    );
  }

  readAfter(positions: ReadonlyMap<number, bigint>, max: number): Promise<readonly StoredEvent[]> {
    const share = Math.ceil(max / Math.max(1, positions.size));
    const events: StoredEvent[] = [];
    for (const [partition, position] of positions) {
      for (const event of this.tables.logs[partition]?.after(position, share) ?? []) events.push(event);
    }
    return Promise.resolve(events.slice(0, max));
  }

  advance(
    moves: readonly { readonly partition: number; readonly from: bigint; readonly to: bigint }[],
  ): Promise<ReadonlySet<number>> {
    const won = new Set<number>();
    for (const { partition, from, to } of moves) {
      if ((this.tables.checkpoints.get(partition) ?? 0n) !== from) continue;
      this.tables.checkpoints.set(partition, to);
      won.add(partition);
    }
    return Promise.resolve(won);
  }

  unpublishedRejections(max: number): Promise<readonly StoredRejection[]> {
    const waiting: StoredRejection[] = [];
    for (const { recordedAt: _, ...rejection } of this.tables.rejections.values()) {
      if (waiting.length >= max) break;
      if (!this.tables.published.has(rejection.sequence)) waiting.push(rejection);
    }
    return Promise.resolve(waiting);
  }

  markRejectionsPublished(sequences: readonly bigint[]): Promise<void> {
    for (const sequence of sequences)
      if (this.tables.rejections.has(sequence)) this.tables.published.add(sequence);
    return Promise.resolve();
  }
}
