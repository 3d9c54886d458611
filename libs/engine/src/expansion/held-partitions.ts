import type { ByDatabase } from '../log/databases.js';
import type { LogTopology } from '../log/topology.js';

/**
 * Partitions of the commands topic that the log does not have yet: it is being expanded, or somebody has widened the topic by hand.
 * Their commands wait for the expansion, so that they come after all that was sent to the old ones.
 */
export class HeldPartitions {
  #held: ReadonlySet<number> = new Set();

  /** @param topologies of each database its own: they are expanded one after the other */
  constructor(private readonly topologies: ByDatabase<() => Promise<LogTopology>>) {}

  /** Which of these must wait. Changes nothing: the answer may come when another share has been dealt out already. */
  async among(partitions: readonly number[]): Promise<ReadonlySet<number>> {
    const waiting = await Promise.all(
      this.topologies.split(partitions).map(async ({ one, theirs }) => {
        const topology = await one();
        return theirs.filter((partition) => partition >= topology.partitions);
      }),
    );
    return new Set(waiting.flat());
  }

  /** Those that wait, of the share that counts from now on. */
  hold(partitions: readonly number[]): void {
    this.#held = new Set(partitions);
  }

  /** Whether some that had to wait need not any more. Asks nobody where none had to. */
  async mayBegin(): Promise<boolean> {
    const before = this.#held;
    if (before.size === 0) return false;
    return (await this.among([...before])).size < before.size;
  }

  /** For a person; null: none is held. */
  get reason(): string | null {
    if (this.#held.size === 0) return null;
    return `the commands topic has more partitions than the log: ${this.#held.size} wait for \`carillon partitions expand\``;
  }
}
