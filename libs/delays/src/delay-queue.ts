import { randomUUID } from 'node:crypto';
import { type Logger, ringEvery } from '#kafka';
import { type DelayedEvent, type EventData, payloadOf, type RunContext } from './event.js';
import { type Moment, momentOf } from './moment.js';
import type { CancelAnswer, DelayConsumer, DelayStore, GivenUpList, Stats } from './ports.js';
import { SystemStats } from './system-stats.js';
import { end, readAnswer, type Trigger, type Verdict } from './verdict.js';

export interface DelayQueueOptions {
  /** By event type. This process runs these; events of other types are left to processes that have them. */
  readonly triggers: Readonly<Record<string, Trigger>>;
  readonly log: Logger;
  /** Counters are logged and begin anew this often, ms; 0: at `stop` only. */
  readonly statIntervalMs?: number;
  /** What a trigger that throws means: try again (the default), or an error that ends the event. */
  readonly onThrow?: 'retry' | 'error';
}

export interface NewEventOptions {
  /** The caller's own: creating it again changes nothing, also after it has run. */
  readonly id?: string;
}

/**
 * Events that happen at a time. The queue knows triggers and counters; who keeps the events and who hands them over are
 * ports. `start` and `stop` are safe twice; a stopped queue stays stopped.
 */
export class DelayQueue {
  readonly #system = new SystemStats();
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;
  #stopStats: () => void = () => undefined;

  constructor(
    private readonly store: DelayStore,
    private readonly consumer: DelayConsumer,
    private readonly options: DelayQueueOptions,
  ) {}

  /** Resolves when events can be created and are handed over, or it is stopped. @throws what the store or the consumer threw */
  start(): Promise<void> {
    if (this.#stopped !== null)
      return Promise.reject(new Error('a stopped queue stays stopped: open another one'));
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { triggers, statIntervalMs = 0 } = this.options;
    await this.store.open();
    if (this.#stopped !== null) return;
    await this.consumer.start((event, context) => this.#run(event, context), Object.keys(triggers));
    if (statIntervalMs > 0 && this.#stopped === null)
      this.#stopStats = ringEvery(statIntervalMs, () => this.#logStats());
  }

  /** Waits for triggers under way, then logs the counters a last time. Safe twice, before `start` and while it waits. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#started === null) return;
    this.#stopStats();
    await this.consumer.stop();
    this.#logStats();
    this.#system.stop();
    await this.store.close();
    // what it waited for has ended with them; one that failed has told its caller
    await this.#started.catch(() => undefined);
  }

  /**
   * Answers the event's id. A time that has passed is due at once.
   * @throws RangeError, TypeError for a time or data that are none; what the store throws
   */
  async create(type: string, time: Moment, data?: EventData, options: NewEventOptions = {}): Promise<string> {
    const at = momentOf(time);
    const { id = `${Math.floor(at / 1_000)}_${randomUUID()}` } = options;
    await this.store.save({ id, type, at, payload: payloadOf(data) });
    return id;
  }

  cancel(id: string): Promise<CancelAnswer> {
    return this.store.cancel(id);
  }

  /** Events that were given up and not redriven since. */
  listGivenUp(): Promise<GivenUpList> {
    return this.store.listGivenUp();
  }

  redrive(id: string): Promise<boolean> {
    return this.store.redrive(id);
  }

  /** Counters since `start`, or since they were last logged. Asking does not reset them. */
  getStat(): Stats {
    const all = { ...this.#system.read(), ...this.store.stats?.(), ...this.consumer.stats?.() };
    return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #logStats(): void {
    this.options.log.info({ stat: this.getStat() }, 'delayed events');
    this.store.resetStats?.();
    this.consumer.resetStats?.();
  }

  async #run(event: DelayedEvent, context: RunContext): Promise<Verdict> {
    const { triggers, onThrow = 'retry' } = this.options;
    const trigger = Object.hasOwn(triggers, event.type) ? triggers[event.type] : undefined;
    if (trigger === undefined) return end('ERROR', null, `no trigger of type ${event.type}`);
    try {
      return readAnswer(await trigger(event, context));
    } catch (thrown) {
      const error = `threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`.slice(
        0,
        errorLengthMax,
      );
      context.log.warn({ id: event.id, type: event.type, attempt: event.attempt, error }, 'a trigger failed');
      if (onThrow === 'error') return end('ERROR', null, error);
      return { kind: 'retry', at: null, error, threw: true };
    }
  }
}

const errorLengthMax = 4_000;
