import { type DueEvent, type HookContext, type HookOutcome, HookWorker, RetryLater } from '#hooks';
import { Counters } from '../counters.js';
import { DelayedEvent } from '../event.js';
import type { DelayConsumer, RunEvent, Stats } from '../ports.js';
import { resultText } from './result-text.js';
import { type CarillonDelaysSettings, hookClassOf, typeOf } from './settings.js';

/**
 * A hook worker for each event type, in a consumer group of that type's own: processes may have different triggers, and
 * each event goes to one that has its type.
 */
export class CarillonConsumer implements DelayConsumer {
  readonly #counters = new Counters(['futurama.MySQLConsumer.nbGetEvents']);
  #workers: readonly HookWorker[] = [];

  constructor(private readonly settings: CarillonDelaysSettings) {}

  async start(run: RunEvent, types: readonly string[]): Promise<void> {
    this.#workers = types.map((type) => this.#worker(type, run));
    await Promise.all(this.#workers.map((worker) => worker.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  stats(): Stats {
    const held = this.#workers.reduce((sum, { unfinished }) => sum + unfinished, 0);
    return {
      ...this.#counters.read(),
      'futurama.MySQLConsumer.nbRecovered': this.#workers.reduce((sum, { restarts }) => sum + restarts, 0),
      'futurama.Scheduler.nbEvents': held,
      'futurama.Scheduler.nbCapacity': Math.max(0, this.settings.maxScheduledEvents - held),
    };
  }

  resetStats(): void {
    this.#counters.reset();
  }

  #worker(type: string, run: RunEvent): HookWorker {
    const { kafka, namespace, topicPrefix, partitions, parallelism, maxScheduledEvents, stopWaitMs } =
      this.settings;
    const hookClass = hookClassOf(namespace, type);
    return new HookWorker({
      kafka,
      groupId: `carillon-delays-${hookClass}`,
      parallelism,
      unfinishedMax: maxScheduledEvents,
      stopWaitMs,
      ...(topicPrefix !== undefined && { topicPrefix }),
      ...(partitions !== undefined && { partitions }),
      hooks: { [hookClass]: (due, context) => this.#handle(due, context, run) },
    });
  }

  async #handle(due: DueEvent, context: HookContext, run: RunEvent): Promise<HookOutcome> {
    this.#counters.add('futurama.MySQLConsumer.nbGetEvents');
    const verdict = await run(eventOf(this.settings.namespace, due), context);
    if (verdict.kind === 'retry') {
      const { at, data, error } = verdict;
      throw new RetryLater(at === null ? {} : { at: new Date(at).toISOString() }, data?.text, {
        error,
        ...(data?.encoding !== undefined && { dataEncoding: data.encoding }),
      });
    }
    const result = resultText(verdict);
    return result === null ? {} : { result };
  }
}

function eventOf(namespace: string, due: DueEvent): DelayedEvent {
  const { eventId, attempt, timer, scheduledFor, eventData, eventDataEncoding } = due;
  const [text, encoding] =
    eventData === undefined ? [timer.data, timer.dataEncoding] : [eventData, eventDataEncoding];
  return new DelayedEvent({
    id: timer.key,
    type: typeOf(namespace, timer.hookClass),
    triggerTime: new Date(scheduledFor),
    attempt,
    eventId,
    payload: text === undefined ? null : { text, ...(encoding !== undefined && { encoding }) },
  });
}
