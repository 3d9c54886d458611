import type { ByDatabase } from './databases.js';
import type { LogTail, StoredEvent } from './log-feed.js';
import type { LogTopology } from './topology.js';

/** The logs of several databases as one: each has partitions of its own. It answers when all of them do. */
export class MergedLogTail implements LogTail {
  constructor(private readonly tails: ByDatabase<LogTail>) {}

  /** While they are being expanded one after the other: as far as all of them have come. */
  async topology(): Promise<LogTopology> {
    const all = await Promise.all(this.tails.all.map((tail) => tail.topology()));
    const number = Math.min(...all.map((topology) => topology.number));
    const partitions = Math.min(...all.map((topology) => topology.partitions));
    const splits = all.flatMap((topology) => topology.splits.filter((split) => split.topology <= number));
    return { number, partitions, splits: splits.toSorted((a, b) => a.partition - b.partition) };
  }

  async heads(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const answers = await Promise.all(
      this.tails.split(partitions).map(({ one, theirs }) => one.heads(theirs)),
    );
    return new Map(answers.flatMap((heads) => [...heads]));
  }

  async readAfter(positions: ReadonlyMap<number, bigint>, max: number): Promise<readonly StoredEvent[]> {
    // each its share: one that is always full must not hide another
    const shareOf = (partitions: readonly number[]) => Math.ceil((max * partitions.length) / positions.size);
    const answers = await Promise.all(
      this.tails.split([...positions.keys()]).map(({ one, theirs }) => {
        const from = new Map(theirs.map((partition) => [partition, positions.get(partition) ?? 0n]));
        return one.readAfter(from, shareOf(theirs));
      }),
    );
    return answers.flat().slice(0, max);
  }
}
