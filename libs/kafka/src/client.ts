// first: they take the place of functions of kafkajs before kafkajs loads them; so nobody else imports more than its types
import './record-codec.js';
import './send-path.js';
import './record-batch.js';
import './group-membership.js';
import './worker-queue.js';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import type { KafkaSettings } from './settings.js';

// kafkajs sets timers with a negative delay when a request's time has already passed; Node 24 prints a warning for each
// connection. Harmless (the timer fires at once, as meant), so this one warning is dropped and all others are kept.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
  const name = typeof rest[0] === 'string' ? rest[0] : (rest[0] as { type?: string } | undefined)?.type;
  if (name === 'TimeoutNegativeWarning') return;
  (emitWarning as (...args: unknown[]) => void)(warning, ...rest);
}) as typeof process.emitWarning;

/** A kafkajs client that speaks to our logger. */
export function kafkaClient(settings: KafkaSettings): Kafka {
  const { brokers, clientId, ssl, sasl, log } = settings;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, ...details } = entry.log;
      // errors of kafkajs are attempts that it makes again; what ends in failure is thrown, and told there
      if (entry.level <= logLevel.WARN) log.debug({ ...details, kafkajs: entry.namespace }, message);
    },
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl: sasl as SASLOptions }),
  };
  return new Kafka(config);
}
