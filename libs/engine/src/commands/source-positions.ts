import { type OffsetAdvance, sourceKey } from '../log/timer-log.js';
import type { CommandEnvelope } from './envelope.js';

/** Where we stand in each partition that is ours: the next offset, as stored in the log. */
export class SourcePositions {
  /** A partition without an entry is not ours at present, or lost and not yet found again. */
  readonly #next = new Map<string, bigint>();
  #assignment = 0;

  /** Changes with every assignment: an answer that was asked for under a former one is void. */
  get assignment(): number {
    return this.#assignment;
  }

  assign(topic: string, positions: ReadonlyMap<number, bigint>): void {
    this.#assignment += 1;
    for (const source of [...this.#next.keys()])
      if (source.startsWith(`${topic}/`)) this.#next.delete(source);
    for (const [partition, offset] of positions) this.move(topic, partition, offset);
  }

  move(topic: string, partition: number, next: bigint): void {
    this.#next.set(sourceKey(topic, partition), next);
  }

  drop(topic: string, partition: number): void {
    this.#next.delete(sourceKey(topic, partition));
  }

  of(topic: string): { topic: string; partition: number; offset: bigint }[] {
    const prefix = `${topic}/`;
    return [...this.#next]
      .filter(([source]) => source.startsWith(prefix))
      .map(([source, offset]) => ({ topic, partition: Number(source.slice(prefix.length)), offset }));
  }

  /** Not ours any more, or applied already: such a record is passed over. */
  isNext({ source }: CommandEnvelope): boolean {
    const next = this.#next.get(sourceKey(source.topic, source.partition));
    return next !== undefined && source.offset >= next;
  }

  /** What of a batch is still to be applied, each record once: a reader may hand the same ones over again. */
  pending<Reply>(batch: readonly CommandEnvelope<Reply>[]): CommandEnvelope<Reply>[] {
    const next = new Map(this.#next);
    return batch.filter(({ source: { topic, partition, offset } }) => {
      const key = sourceKey(topic, partition);
      const expected = next.get(key);
      if (expected === undefined || offset < expected) return false;
      next.set(key, offset + 1n);
      return true;
    });
  }

  /** The moves that applying these records means, a partition each. */
  advances(batch: readonly CommandEnvelope[]): OffsetAdvance[] {
    const advances = new Map<string, OffsetAdvance>();
    for (const { source } of batch) {
      const { topic, partition, offset } = source;
      const key = sourceKey(topic, partition);
      const expected = this.#next.get(key) ?? offset;
      advances.set(key, { topic, partition, expected, next: offset + 1n });
    }
    return [...advances.values()];
  }
}
