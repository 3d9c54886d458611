import { deadRecord, dueRecord, emittedTopic, type Topics } from '#contract';
import { type Emission, EmissionRefused, type EmissionSink, type LocalClock } from '#engine';
import { type BatchProducer, ensureEach, type KafkaAdmin, type OutRecord, TopicRefused } from '#kafka';

/** A topic that could not be made is asked for again after so long, twice as long each time; meanwhile it costs nobody a question. */
const [restMinMs, restMaxMs] = [1_000, 10_000];

interface Refusal {
  readonly error: TopicRefused;
  readonly restMs: number;
  readonly untilMs: number;
}

interface TopicBatch {
  readonly emissions: Emission[];
  readonly records: OutRecord[];
}

/**
 * Emissions as Kafka records. Due topics are made when the first timer of their hook class fires. Names of hook classes come from
 * outside: a topic that Kafka will not make or take takes no other's records with it.
 */
export class KafkaEmissionSink implements EmissionSink {
  readonly #known = new Set<string>();
  readonly #refused = new Map<string, Refusal>();

  constructor(
    private readonly producer: Pick<BatchProducer, 'send'>,
    private readonly admin: Pick<KafkaAdmin, 'ensureTopics'>,
    private readonly topics: Topics,
    private readonly partitions: number,
    private readonly clock: LocalClock,
  ) {}

  async emit(emissions: readonly Emission[]): Promise<void> {
    const batches = this.#byTopic(emissions);
    const topics = [...batches.keys()];
    const isRemembered = topics.every((topic) => this.#isRefused(topic));
    await this.#ensure(topics);
    // handed over in one turn, they leave together
    const sent = await Promise.allSettled(
      [...batches].map(([topic, { records }]) => this.#send(topic, records)),
    );
    const refused: Emission[] = [];
    const errors: TopicRefused[] = [];
    for (const [index, { emissions: ofTopic }] of [...batches.values()].entries()) {
      const outcome = sent[index];
      if (outcome?.status !== 'rejected') continue;
      if (!(outcome.reason instanceof TopicRefused)) throw outcome.reason;
      errors.push(outcome.reason);
      for (const emission of ofTopic) refused.push(emission);
    }
    if (errors.length === 0) return;
    const message = errors.map((error) => error.message).join('; ');
    throw new EmissionRefused(message, refused, { cause: errors[0], isRemembered });
  }

  #byTopic(emissions: readonly Emission[]): ReadonlyMap<string, TopicBatch> {
    const batches = new Map<string, TopicBatch>();
    for (const emission of emissions) {
      const record = this.#record(emission);
      const batch = batches.get(record.topic);
      if (batch === undefined) batches.set(record.topic, { emissions: [emission], records: [record] });
      else {
        batch.emissions.push(emission);
        batch.records.push(record);
      }
    }
    return batches;
  }

  #record(emission: Emission): OutRecord {
    const { state } = emission;
    if (emission.kind === 'dead')
      return { topic: this.topics.dead, ...deadRecord(emission.before, emission) };
    return { topic: this.topics.due(state.spec.hookClass), ...dueRecord(emission.kind, state) };
  }

  async #send(topic: string, records: readonly OutRecord[]): Promise<void> {
    const refused = this.#refused.get(topic);
    if (refused !== undefined) throw refused.error;
    try {
      await this.producer.send(records);
    } catch (error) {
      // it may have been deleted: the next emission makes it again
      if (error instanceof TopicRefused) this.#known.delete(topic);
      throw error;
    }
  }

  async #ensure(topics: readonly string[]): Promise<void> {
    const missing = topics.filter((topic) => !this.#known.has(topic) && !this.#isRefused(topic));
    const refused = await ensureEach(
      this.admin,
      missing.map((topic) => emittedTopic(topic, this.partitions)),
    );
    for (const topic of missing) {
      const error = refused.get(topic);
      if (error !== undefined) this.#remember(topic, error);
      else {
        this.#known.add(topic);
        this.#refused.delete(topic);
      }
    }
  }

  #isRefused(topic: string): boolean {
    const refused = this.#refused.get(topic);
    return refused !== undefined && this.clock() < refused.untilMs;
  }

  /** Calls that asked for it at the same time are one refusal, and none where another of them has made it. */
  #remember(topic: string, error: TopicRefused): void {
    if (this.#known.has(topic) || this.#isRefused(topic)) return;
    const restMs = Math.min(restMaxMs, 2 * (this.#refused.get(topic)?.restMs ?? restMinMs / 2));
    this.#refused.set(topic, { error, restMs, untilMs: this.clock() + restMs });
  }
}
