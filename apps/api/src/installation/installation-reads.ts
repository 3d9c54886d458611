import { type InstallationWire, momentText, partitionStands, type SharedPartitions } from '#contract';
import type { KafkaAdmin } from '#kafka';
import type { Installation } from '#postgres';
import { type Logger, sleep } from '#runtime';
import type { EpochMs } from '#timer';

/** Many look at a time: what one of them was told is good for the others for so long. */
const freshMs = 2_000;
/** A broker that is away must not keep what the log says from those who look. */
const kafkaTimeoutMs = 3_000;

export interface InstallationReads {
  /** @throws QueryUnavailableError */
  read(): Promise<InstallationWire>;
}

export interface InstallationSources {
  readonly log: Installation;
  readonly kafka: Pick<KafkaAdmin, 'topicOffsets' | 'groupOwners'>;
  readonly topics: { readonly commands: string; readonly events: string };
  readonly groups: { readonly scheduler: string; readonly fire: string };
  readonly clock: () => EpochMs;
  readonly logger: Logger;
}

/** What the log and Kafka say of the whole installation, asked at most once in a while. */
export class CachedInstallation implements InstallationReads {
  #answer: Promise<InstallationWire> | null = null;
  #freshUntil = 0;

  constructor(private readonly sources: InstallationSources) {}

  read(): Promise<InstallationWire> {
    const now = this.sources.clock();
    if (this.#answer === null || now >= this.#freshUntil) {
      this.#freshUntil = now + freshMs;
      this.#answer = this.#ask(now);
      // a failure is told to those who wait for it, and to nobody after them
      this.#answer.catch(() => {
        this.#answer = null;
      });
    }
    return this.#answer;
  }

  async #ask(now: EpochMs): Promise<InstallationWire> {
    const { log, topics } = this.sources;
    const [stored, { classes, isExact, ...open }, { databasesAway: failuresAway, ...lately }, shared] =
      await Promise.all([
        log.partitions(topics.commands),
        log.hookClasses(),
        log.recentFailures(),
        this.#shared(),
      ]);
    // three questions: one of them may have met a database that came or went in between
    const databasesAway = Math.max(stored.databasesAway, open.databasesAway, failuresAway);
    return {
      at: momentText(now),
      isKafkaReachable: shared !== null,
      ...(databasesAway > 0 && { databasesAway }),
      partitions: partitionStands(stored.partitions, shared),
      hookClasses: classes.map(({ openSince, ...same }) => ({
        ...same,
        ...(openSince !== null && { openSince: momentText(openSince) }),
      })),
      lately,
      isExact,
    };
  }

  async #shared(): Promise<SharedPartitions | null> {
    const { kafka, topics, groups, logger } = this.sources;
    const asked = Promise.all([
      kafka.topicOffsets(topics.commands),
      kafka.groupOwners(groups.scheduler, topics.commands),
      kafka.groupOwners(groups.fire, topics.events),
    ]).then(([ranges, schedulers, fires]) => ({ ranges, schedulers, fires }));
    const failed = asked.catch((error: unknown) => {
      logger.warn({ err: error }, 'Kafka does not say who owns the partitions');
      return null;
    });
    return Promise.race([failed, sleep(kafkaTimeoutMs).then(() => null)]);
  }
}
