import { join } from 'node:path';
import { lockFolder } from './folder-lock.js';
import { EmbeddedKafka } from './kafka.js';
import { freePort } from './port.js';
import { EmbeddedPostgres } from './postgres.js';

export interface EmbeddedOptions {
  /** Jars are shared below it; it is made if it is not there. */
  readonly homeDir: string;
  /** Data of this pair of servers; kept. Of one process at a time. */
  readonly dataDir: string;
  /** Absent: any free one. */
  readonly kafkaPort?: number;
  readonly kafkaControllerPort?: number;
  readonly postgresPort?: number;
  readonly kafkaProperties?: Readonly<Record<string, string>>;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Servers that are there already are used instead, each by itself. */
  readonly env?: { readonly KAFKA_BROKERS?: string | undefined; readonly DATABASE_URL?: string | undefined };
  readonly note?: (line: string) => void;
}

export interface EmbeddedServers {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  /** Null: somebody else's. */
  readonly kafka: EmbeddedKafka | null;
  readonly postgres: EmbeddedPostgres | null;
  stop(): Promise<void>;
}

/** @throws EmbeddedServerProblem with what to do about it */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServers> {
  const { homeDir, dataDir, env = {}, note = () => undefined } = options;
  const kafka =
    env.KAFKA_BROKERS !== undefined
      ? null
      : new EmbeddedKafka({
          homeDir,
          dataDir: join(dataDir, 'kafka'),
          port: options.kafkaPort ?? (await freePort()),
          controllerPort: options.kafkaControllerPort ?? (await freePort()),
          ...(options.kafkaProperties !== undefined && { properties: options.kafkaProperties }),
          note,
        });
  const postgres =
    env.DATABASE_URL !== undefined
      ? null
      : new EmbeddedPostgres({
          dataDir: join(dataDir, 'postgres'),
          port: options.postgresPort ?? (await freePort()),
          ...(options.postgresSettings !== undefined && { settings: options.postgresSettings }),
        });
  const unlock = kafka === null && postgres === null ? () => undefined : lockFolder(dataDir);
  postgres?.forgetKilled();
  const stop = async (): Promise<void> => {
    await Promise.all([kafka?.stop(), postgres?.stop()]);
    unlock();
  };
  const started = await Promise.allSettled([kafka?.start(), postgres?.start()]);
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    kafkaBrokers: env.KAFKA_BROKERS ?? kafka?.brokers ?? '',
    databaseUrl: env.DATABASE_URL ?? postgres?.databaseUrl ?? '',
    kafka,
    postgres,
    stop,
  };
}
