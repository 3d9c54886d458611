import { type ByDatabase, isHeldBy } from '../log/databases.js';
import type { CommandService } from './command-service.js';
import type { CommandEnvelope } from './envelope.js';

/** Commands to the database of their partition: each has a group commit of its own. */
export class CommandRouter<Reply> {
  constructor(private readonly services: ByDatabase<CommandService<Reply>>) {}

  assign(topic: string, positions: ReadonlyMap<number, bigint>): void {
    this.services.each((service, place) =>
      service.assign(topic, new Map([...positions].filter(([partition]) => isHeldBy(place, partition)))),
    );
  }

  positionsOf(topic: string): { topic: string; partition: number; offset: bigint }[] {
    return this.services.all.flatMap((service) => service.positionsOf(topic));
  }

  /** Of one partition. Resolves when there is room for more. */
  submit(partition: number, envelopes: readonly CommandEnvelope<Reply>[]): Promise<void> {
    return this.services.of(partition).submit(envelopes);
  }

  get waiting(): number {
    return this.services.all.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  async drained(): Promise<void> {
    await Promise.all(this.services.all.map((service) => service.drained()));
  }
}
