import type { ByDatabase } from './databases.js';
import type { LogTail, StoredEvent } from './log-feed.js';

/** The logs of several databases as one: each has partitions of its own. It answers when all of them do. */
export class MergedLogTail implements LogTail {
  constructor(private readonly tails: ByDatabase<LogTail>) {}

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
