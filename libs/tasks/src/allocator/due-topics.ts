import { emittedTopic, topicsOf } from '#contract';
import { ensureEach, type KafkaAdmin, type Logger } from '#kafka';
import { hookClassOf, isExecutorCode } from '../model/task-record.js';

export interface DueTopicsOptions {
  readonly admin: Pick<KafkaAdmin, 'ensureTopics'>;
  readonly log: Logger;
  readonly topicPrefix: string | undefined;
  /** Of topics that nobody has made yet. */
  readonly partitions: number;
}

/** Before Kafka is asked again for a topic that it has refused to make, ms: somebody may have made it by hand, or given the right to. */
const askedAgainMs = 30_000;

/** The due topics of executors. One that cannot be made is left out and told of once: the tasks of all others go on. */
export class DueTopics {
  #refused: readonly string[] = [];
  #askedAtMs = 0;
  readonly #told = new Set<string>();

  constructor(private readonly options: DueTopicsOptions) {}

  /** Makes what is missing; answers those of the executors that have a topic. */
  async made(executors: readonly string[]): Promise<string[]> {
    const codes = executors.filter(isExecutorCode);
    for (const strange of executors)
      if (!isExecutorCode(strange))
        this.#tell(
          strange,
          'no executor has such a code: let its runner register it by 1 to 59 of A-Z a-z 0-9 . _ -',
        );
    const refused = await this.#ask(codes);
    this.#refused = refused;
    return codes.filter((executor) => !refused.includes(executor));
  }

  /** Whether one that was refused can be made by now. Never rejects: a broker that is away has made none. */
  async hasMore(): Promise<boolean> {
    if (this.#refused.length === 0 || performance.now() - this.#askedAtMs < askedAgainMs) return false;
    const before = this.#refused.length;
    try {
      this.#refused = await this.#ask(this.#refused);
    } catch (error) {
      this.options.log.debug({ error: String(error) }, 'due topics will be asked for again');
    }
    return this.#refused.length < before;
  }

  /** Those that Kafka refuses. */
  async #ask(executors: readonly string[]): Promise<string[]> {
    this.#askedAtMs = performance.now();
    const { admin, topicPrefix, partitions } = this.options;
    const topicOf = (executor: string) => topicsOf(topicPrefix).due(hookClassOf(executor));
    const refusals = await ensureEach(
      admin,
      executors.map((executor) => emittedTopic(topicOf(executor), partitions)),
    );
    const refused: string[] = [];
    for (const executor of executors) {
      const refusal = refusals.get(topicOf(executor));
      if (refusal === undefined) this.#told.delete(executor);
      else {
        refused.push(executor);
        this.#tell(executor, refusal.message);
      }
    }
    return refused;
  }

  #tell(executor: string, reason: string): void {
    if (this.#told.has(executor)) return;
    this.#told.add(executor);
    this.options.log.warn({ executor, reason }, 'an executor without a due topic: its tasks wait');
  }
}
