import type { ByDatabase, LogTopology } from '#engine';

/**
 * Partitions of the commands topic that the log does not have yet: it is being expanded, or somebody has widened the topic by hand.
 * Their commands wait for the expansion, so that they come after all that was sent to the old ones.
 */
export class HeldPartitions {
  #held: ReadonlySet<number> = new Set();

  /** @param topologies of each database its own: they are expanded one after the other */
  constructor(private readonly topologies: ByDatabase<() => Promise<LogTopology>>) {}

  /** Which of these must wait. Asked at each assignment. */
  async among(partitions: readonly number[]): Promise<ReadonlySet<number>> {
    this.#held = await this.#waiting(partitions);
    return this.#held;
  }

  /** Whether some that had to wait need not any more. Asks nobody where none had to. */
  async mayBegin(): Promise<boolean> {
    const before = this.#held;
    if (before.size === 0) return false;
    return (await this.#waiting([...before])).size < before.size;
  }

  /** For a person; null: none is held. */
  get reason(): string | null {
    if (this.#held.size === 0) return null;
    return `the commands topic has more partitions than the log: ${this.#held.size} wait for \`carillon partitions expand\``;
  }

  async #waiting(partitions: readonly number[]): Promise<Set<number>> {
    const waiting = await Promise.all(
      this.topologies.split(partitions).map(async ({ one, theirs }) => {
        const topology = await one();
        return theirs.filter((partition) => partition >= topology.partitions);
      }),
    );
    return new Set(waiting.flat());
  }
}
