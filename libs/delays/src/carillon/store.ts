import {
  EventOpenError,
  NotGivenUpError,
  TimerClient,
  TimerEndedError,
  TimerExistsError,
  TimerNotExistError,
} from '#client';
import { Counters } from '../counters.js';
import { LogCounts } from '../log-counts.js';
import type { CancelAnswer, DelayStore, EventToSave, GivenUpList, Stats } from '../ports.js';
import { countedFact } from './counted-fact.js';
import { FeedFollower } from './feed-follower.js';
import { GivenUpIndex } from './given-up-index.js';
import { type CarillonDelaysSettings, hookClassOf, retryOf } from './settings.js';

/** It is unknown, was not given up, or runs (again). */
const notRedriven = [TimerNotExistError, NotGivenUpError, EventOpenError];
const answers = [TimerExistsError, TimerEndedError, ...notRedriven];
const isOne = (error: unknown, refusals: typeof answers): boolean =>
  refusals.some((refusal) => error instanceof refusal);

/** Events as timers: created, cancelled and redriven by commands, counted from the change feed. */
export class CarillonStore implements DelayStore {
  readonly #client: TimerClient;
  readonly #log = new LogCounts();
  readonly #own = new Counters(['futurama.MySQLStore.nbError']);
  readonly #feed: FeedFollower;
  #givenUp: GivenUpIndex | null = null;

  constructor(private readonly settings: CarillonDelaysSettings) {
    const { kafka, namespace, topicPrefix, callTimeoutMs } = settings;
    this.#client = new TimerClient({
      kafka,
      namespace,
      timeoutMs: callTimeoutMs,
      ...(topicPrefix !== undefined && { topicPrefix }),
    });
    this.#feed = new FeedFollower(settings, 'latest', (record) => {
      const fact = countedFact(record);
      if (fact !== null) this.#log.count(fact);
    });
  }

  async open(): Promise<void> {
    await this.#client.connect();
    await this.#feed.start();
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#feed.stop(), this.#givenUp?.stop()]);
  }

  async save({ id, type, at, payload }: EventToSave): Promise<void> {
    const { namespace, lockTimeoutMs, keepFor } = this.settings;
    await this.#counted(() =>
      this.#client.createTimer({
        key: id,
        schedPolicyType: 'ONCE',
        schedPolicyExpr: new Date(at).toISOString(),
        hookClass: hookClassOf(namespace, type),
        ackTimeout: `${lockTimeoutMs}ms`,
        retry: retryOf(this.settings),
        keepFor,
        ...(payload !== null && { data: payload.text }),
        ...(payload?.encoding !== undefined && { dataEncoding: payload.encoding }),
      }),
    ).catch((error: unknown) => {
      // the id is the caller's promise that it is the same event
      if (!(error instanceof TimerExistsError)) throw error;
    });
  }

  async cancel(id: string): Promise<CancelAnswer> {
    try {
      const { eventStatus } = await this.#counted(() => this.#client.cancelTimer({ key: id }));
      return eventStatus === 'TRIGGER' ? 'running' : 'cancelled';
    } catch (error) {
      if (error instanceof TimerEndedError) return 'already-fired';
      if (error instanceof TimerNotExistError) return 'unknown';
      throw error;
    }
  }

  async redrive(id: string): Promise<boolean> {
    try {
      await this.#counted(() => this.#client.redriveEvent({ key: id }));
      return true;
    } catch (error) {
      if (isOne(error, notRedriven)) return false;
      throw error;
    }
  }

  /** The first call reads the dead letters and the feed; from then on they are followed. */
  async listGivenUp(): Promise<GivenUpList> {
    this.#givenUp ??= new GivenUpIndex(this.settings);
    return this.#givenUp.list();
  }

  stats(): Stats {
    return { ...this.#log.read(), ...this.#own.read() };
  }

  resetStats(): void {
    this.#log.reset();
    this.#own.reset();
  }

  /** A refusal is an answer; anything else is an error of the store. */
  async #counted<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isOne(error, answers)) this.#own.add('futurama.MySQLStore.nbError');
      throw error;
    }
  }
}
