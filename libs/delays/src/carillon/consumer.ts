import { defaultTopicPrefix } from '#contract';
import { HookWorker } from '#hooks';
import { Counters } from '../counters.js';
import type { DelayConsumer, RunEvent, Stats } from '../ports.js';
import { handleDue } from './handle-due.js';
import { type CarillonDelaysSettings, hookClassOf } from './settings.js';

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
      // of this installation: members of one group must want the same topics
      groupId: `${topicPrefix ?? defaultTopicPrefix}-delays-${hookClass}`,
      parallelism,
      unfinishedMax: maxScheduledEvents,
      stopWaitMs,
      ...(topicPrefix !== undefined && { topicPrefix }),
      ...(partitions !== undefined && { partitions }),
      hooks: {
        [hookClass]: (due, context) => {
          this.#counters.add('futurama.MySQLConsumer.nbGetEvents');
          return handleDue(namespace, due, context, run);
        },
      },
    });
  }
}
