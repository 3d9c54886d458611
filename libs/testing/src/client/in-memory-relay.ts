import { type CommandWire, followUpRecord } from '#contract';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';

const eventsPerReadMax = 1_000;

/** What the relay does beside publishing: parents are told of their children's ends. */
export class InMemoryRelay {
  #position = 0n;

  constructor(
    private readonly store: InMemoryTimerStore,
    private readonly tell: (command: CommandWire) => Promise<unknown>,
  ) {}

  /** True: there was news. */
  async run(): Promise<boolean> {
    const events = await this.store.feed.readAfter(new Map([[0, this.#position]]), eventsPerReadMax);
    for (const event of events) {
      this.#position = event.position;
      const followUp = followUpRecord(event);
      if (followUp !== null) await this.tell(JSON.parse(followUp.value) as CommandWire);
    }
    return events.length > 0;
  }
}
