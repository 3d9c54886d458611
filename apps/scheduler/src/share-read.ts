import type { LogTopology, PartitionSource } from '#engine';

/** How many of the log's partitions are read here, of how many: what an expansion adds counts once the log has it. */
export class ShareRead {
  #width: number;

  constructor(
    width: number,
    private readonly databases: readonly Pick<PartitionSource, 'topology'>[],
    private readonly owned: () => readonly number[],
  ) {
    this.#width = width;
  }

  get share(): number {
    return this.owned().filter((partition) => partition < this.#width).length / this.#width;
  }

  /** Databases are expanded one after the other: the least that all of them have. */
  async look(): Promise<void> {
    const seen: LogTopology[] = await Promise.all(this.databases.map((database) => database.topology()));
    this.#width = Math.min(...seen.map(({ partitions }) => partitions));
  }
}
