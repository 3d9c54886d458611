import { deadEvent, dueTypes, eventTypePrefix, topicsOf } from '#contract';
import { KafkaAdmin } from '#kafka';
import type { GivenUp, GivenUpList } from '../ports.js';
import { FeedFollower, type FollowedRecord } from './feed-follower.js';
import { type CarillonDelaysSettings, typeOf } from './settings.js';

const givenUpMax = 10_000;
const caughtUpWithinMs = 60_000;

interface Entry extends GivenUp {
  readonly version: number;
}

/** The dead letters of one queue that nobody has redriven yet: the dead topic less what the feed says since. */
export class GivenUpIndex {
  readonly #follower: FeedFollower;
  readonly #admin: KafkaAdmin;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #byTimer = new Map<string, Entry>();
  /** Versions at which timers were redriven: the two topics are read side by side, in no order. */
  readonly #redriven = new Map<string, number>();
  #isComplete = true;
  #started: Promise<void> | null = null;

  constructor(private readonly settings: CarillonDelaysSettings) {
    this.#topics = topicsOf(settings.topicPrefix);
    this.#admin = new KafkaAdmin(settings.kafka);
    const { events, dead } = this.#topics;
    this.#follower = new FeedFollower(settings, 'earliest', (record) => this.#take(record), [events, dead]);
  }

  async list(): Promise<GivenUpList> {
    this.#started ??= this.#start();
    await this.#started;
    await this.#follower.caughtUp(caughtUpWithinMs);
    const events = [...this.#byTimer.values()]
      .sort((a, b) => a.givenUpAt.getTime() - b.givenUpAt.getTime())
      .map(({ version: _version, ...givenUp }) => givenUp);
    return { events, isComplete: this.#isComplete };
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  async #start(): Promise<void> {
    const { events, dead } = this.#topics;
    // nothing may have been given up yet: the topic is made with as many partitions as the feed has
    const partitions = (await this.#admin.topicOffsets(events)).length;
    await this.#admin.ensureTopics([{ topic: dead, partitions }]);
    await this.#follower.start();
  }

  #take(record: FollowedRecord): void {
    const [type, timerId] = [record.headers.ce_type?.toString(), record.headers.ce_timerid?.toString()];
    const version = Number(record.headers.ce_timerversion?.toString());
    if (timerId === undefined) return;
    if (type === dueTypes.dead) this.#add(timerId, version, record);
    else if (type === `${eventTypePrefix}EventRedriven`) this.#remove(timerId, version);
    else if (type === `${eventTypePrefix}TimerDeleted`) this.#byTimer.delete(timerId);
  }

  #add(timerId: string, version: number, record: FollowedRecord): void {
    if (version < (this.#redriven.get(timerId) ?? 0)) return;
    const read = deadEvent.safeParse(JSON.parse(record.value?.toString('utf8') ?? 'null'));
    if (!read.success) {
      this.settings.kafka.log.warn(
        { timerId, error: read.error.message },
        'a dead letter that cannot be read',
      );
      return;
    }
    const { timer, eventId, attempts, scheduledFor, givenUpAt, eventData, error } = read.data;
    this.#byTimer.set(timerId, {
      version,
      id: timer.key,
      type: typeOf(this.settings.namespace, timer.hookClass),
      eventId,
      attempts,
      triggerTime: new Date(scheduledFor),
      givenUpAt: new Date(givenUpAt),
      data: eventData ?? timer.data ?? null,
      lastError: error ?? null,
    });
    if (this.#byTimer.size > givenUpMax) this.#forgetOldest(this.#byTimer);
  }

  #remove(timerId: string, version: number): void {
    this.#redriven.set(timerId, version);
    if (this.#redriven.size > givenUpMax) this.#forgetOldest(this.#redriven);
    if ((this.#byTimer.get(timerId)?.version ?? version) < version) this.#byTimer.delete(timerId);
  }

  #forgetOldest(map: Map<string, unknown>): void {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
    this.#isComplete = false;
  }
}
