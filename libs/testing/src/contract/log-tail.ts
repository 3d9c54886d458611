import { inTopology, type StoredEvent } from '#engine';
import type { Stage } from './subject.js';

/** A reader's place in every partition; it refuses what does not follow. */
export class Tail {
  readonly positions: Map<number, bigint>;
  readonly events: StoredEvent[] = [];

  constructor(partitions: number) {
    this.positions = new Map(Array.from({ length: partitions }, (_, partition) => [partition, 0n]));
  }

  /** @throws if an event's position is not the next of its partition: one was skipped, repeated or out of order */
  take(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const last = this.positions.get(event.partition);
      if (last === undefined || event.position !== last + 1n)
        throw new Error(`partition ${event.partition}: position ${event.position} came after ${last}`);
      this.positions.set(event.partition, event.position);
      this.events.push(event);
    }
  }
}

/** Everything in the log, from its beginning. */
export async function readTail(stage: Stage): Promise<readonly StoredEvent[]> {
  const tail = new Tail(stage.subject.partitions);
  for (;;) {
    const events = await stage.feed.readAfter(tail.positions, 1_000);
    if (events.length === 0) return tail.events;
    tail.take(events);
  }
}

/** As the relay does, without sending anything. */
export async function publishAll({ feed }: Stage): Promise<void> {
  const partitions = [...inTopology(await feed.topology(), new Map()).keys()];
  const [marks, heads] = [await feed.checkpoints(partitions), await feed.heads(partitions)];
  await feed.advance(
    [...heads].map(([partition, to]) => ({ partition, from: marks.get(partition) ?? 0n, to })),
  );
}
