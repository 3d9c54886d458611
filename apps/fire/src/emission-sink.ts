import { deadRecord, dueRecord, emittedBytesMax, type Topics } from '#contract';
import { type Emission, EmissionRefused, type EmissionSink } from '#engine';
import { type BatchProducer, type KafkaAdmin, type OutRecord, TopicRefused } from '#kafka';

/** Emissions as Kafka records. Due topics are made when the first timer of their hook class fires. */
export class KafkaEmissionSink implements EmissionSink {
  readonly #known = new Set<string>();

  constructor(
    private readonly producer: BatchProducer,
    private readonly admin: KafkaAdmin,
    private readonly topics: Topics,
    private readonly partitions: number,
  ) {}

  async emit(emissions: readonly Emission[]): Promise<void> {
    const records = emissions.map((emission) => this.#record(emission));
    try {
      await this.#ensure(records);
      await this.producer.send(records);
    } catch (error) {
      if (!(error instanceof TopicRefused)) throw error;
      // it may have been deleted: the next emission makes it again
      this.#known.delete(error.topic);
      throw new EmissionRefused(error.message, { cause: error });
    }
  }

  #record(emission: Emission): OutRecord {
    const { state } = emission;
    if (emission.kind === 'dead')
      return { topic: this.topics.dead, ...deadRecord(emission.before, emission) };
    return { topic: this.topics.due(state.spec.hookClass), ...dueRecord(emission.kind, state) };
  }

  async #ensure(records: readonly OutRecord[]): Promise<void> {
    const missing = [...new Set(records.map(({ topic }) => topic))].filter(
      (topic) => !this.#known.has(topic),
    );
    if (missing.length === 0) return;
    await this.admin.ensureTopics(
      missing.map((topic) => ({
        topic,
        partitions: this.partitions,
        // a worker may have made it: the order within a timer rests on its key, whatever the count
        anyCount: true,
        config: { 'max.message.bytes': String(emittedBytesMax) },
      })),
    );
    for (const topic of missing) this.#known.add(topic);
  }
}
