import type { ByDatabase } from '../log/databases.js';
import type { LogTopology } from '../log/topology.js';
import type { Sleep } from '../ports.js';
import { settlesWithin } from '../settles-within.js';

/** What a database says of its partitions. */
export interface PartitionSource {
  topology(): Promise<LogTopology>;
  /** Next offset of each of these partitions of the commands topic that was ever read. */
  storedOffsets(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>>;
}

/** `held`: not yet. Null: at the beginning, nothing of it was read. */
export type PartitionStart = bigint | 'held' | null;

/** Behind the first database that answers. One that is frozen, not refused, says nothing for as long as a connection is given. */
const laterThanFirstMaxMs = 1_000;

/**
 * Where partitions of the commands topic begin, and which must wait. Those that the log does not have yet do: it is being expanded, or
 * somebody has widened the topic by hand, and their commands come after all that was sent to the old ones. So do those whose database
 * does not answer, and no others because of it.
 */
export class HeldPartitions {
  #held: ReadonlySet<number> = new Set();

  /** @param sources of each database its own: they are expanded one after the other */
  constructor(
    private readonly sources: ByDatabase<PartitionSource>,
    private readonly sleep: Sleep,
  ) {}

  /**
   * Changes nothing: the answer may come when another share has been dealt out already.
   * @throws what a database threw, where none of those that have the partitions answers
   */
  async starts(partitions: readonly number[]): Promise<ReadonlyMap<number, PartitionStart>> {
    const { starts, failures } = await this.#ask(partitions);
    if (starts.size === 0 && failures.length > 0) throw failures[0];
    return new Map(
      partitions.map((partition) => [
        partition,
        starts.has(partition) ? (starts.get(partition) ?? null) : 'held',
      ]),
    );
  }

  /** Those that wait, of the share that counts from now on. */
  hold(partitions: readonly number[]): void {
    this.#held = new Set(partitions);
  }

  /**
   * Whether some that had to wait need not any more. Asks nobody where none had to; a database that is away has nothing to begin, nor has
   * one among others that answers so late that nobody would wait for it when shares are asked for.
   */
  async mayBegin(): Promise<boolean> {
    if (this.#held.size === 0) return false;
    const asked = this.#ask([...this.#held]);
    const isAmongOthers = this.sources.all.length > 1;
    if (isAmongOthers && !(await settlesWithin(this.sleep, laterThanFirstMaxMs, asked))) return false;
    const { starts } = await asked;
    return [...starts.values()].some((start) => start !== 'held');
  }

  /** For a person, where every database answers; null: none is held. */
  get reason(): string | null {
    if (this.#held.size === 0) return null;
    return `the commands topic has more partitions than the log: ${this.#held.size} wait for \`carillon partitions expand\``;
  }

  /** Of the databases that answer. */
  async #ask(partitions: readonly number[]) {
    const answers = await answersOf(
      this.sources.split(partitions).map(({ one, theirs }) => startsIn(one, theirs)),
      this.sleep,
    );
    const starts = new Map(answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])));
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    return { starts, failures };
  }
}

/** In any order. All are waited for, but no longer than a moment once one has answered. */
async function answersOf<T>(asked: readonly Promise<T>[], sleep: Sleep): Promise<PromiseSettledResult<T>[]> {
  const settled: PromiseSettledResult<T>[] = [];
  const all = Promise.all(asked.map(async (one) => settled.push(...(await Promise.allSettled([one])))));
  await Promise.any(asked).then(
    () => settlesWithin(sleep, laterThanFirstMaxMs, all),
    () => all,
  );
  return [...settled];
}

async function startsIn(
  source: PartitionSource,
  partitions: readonly number[],
): Promise<[number, PartitionStart][]> {
  const [topology, stored] = await Promise.all([source.topology(), source.storedOffsets(partitions)]);
  return partitions.map((partition) => [
    partition,
    partition >= topology.partitions ? 'held' : (stored.get(partition) ?? null),
  ]);
}
