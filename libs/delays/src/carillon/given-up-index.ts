import { topicsOf } from '#contract';
import { KafkaAdmin } from '#kafka';
import type { GivenUpList } from '../ports.js';
import { FeedFollower } from './feed-follower.js';
import { GivenUpEvents } from './given-up-events.js';
import type { CarillonDelaysSettings } from './settings.js';

const givenUpMax = 10_000;
const caughtUpWithinMs = 60_000;

/** The dead letters of one queue that nobody has redriven yet: the dead topic less what the feed says since. */
export class GivenUpIndex {
  readonly #dead: FeedFollower;
  readonly #feed: FeedFollower;
  readonly #admin: KafkaAdmin;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #events: GivenUpEvents;
  #started: Promise<void> | null = null;
  #following: Promise<void> | null = null;

  constructor(settings: CarillonDelaysSettings) {
    const { kafka, namespace, topicPrefix } = settings;
    this.#topics = topicsOf(topicPrefix);
    this.#admin = new KafkaAdmin(kafka);
    this.#events = new GivenUpEvents(namespace, kafka.log, givenUpMax);
    const of = (topic: string): FeedFollower =>
      new FeedFollower(settings, 'earliest', (record) => this.#events.take(record), [topic]);
    this.#dead = of(this.#topics.dead);
    this.#feed = of(this.#topics.events);
  }

  async list(): Promise<GivenUpList> {
    this.#started ??= this.#start().catch((error: unknown) => {
      // the next call tries again
      this.#started = null;
      throw error;
    });
    await this.#started;
    // first: every event that ends is deleted some day, so the feed tells of more than can be remembered
    await this.#dead.caughtUp(caughtUpWithinMs);
    this.#following ??= this.#feed.start();
    await this.#following;
    await this.#feed.caughtUp(caughtUpWithinMs);
    return this.#events.list();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#dead.stop(), this.#feed.stop()]);
  }

  async #start(): Promise<void> {
    const { events, dead } = this.#topics;
    // nothing may have been given up yet: the topic is made with as many partitions as the feed has
    const partitions = (await this.#admin.topicOffsets(events)).length;
    await this.#admin.ensureTopics([{ topic: dead, partitions }]);
    await this.#dead.start();
  }
}
