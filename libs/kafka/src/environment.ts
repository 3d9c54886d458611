import { z } from 'zod';
import { defaultTopicPrefix } from '#contract';
import type { KafkaSettings, Logger } from './settings.js';

/** Variables with which a process finds its brokers; to be spread into the process's own schema. */
export const kafkaVariables = {
  KAFKA_BROKERS: z.string().min(1).describe('host:port, comma-separated'),
  KAFKA_SSL: z
    .stringbool()
    .default(false)
    .describe('TLS, with the authorities of the system and NODE_EXTRA_CA_CERTS'),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
};

/** Of whoever speaks on the topics of an installation. */
export const topicPrefixVariable = {
  TOPIC_PREFIX: z.string().min(1).default(defaultTopicPrefix).describe('of every topic of this installation'),
};
type KafkaVariables = z.infer<z.ZodObject<typeof kafkaVariables>>;

/** @throws if a SASL mechanism is named without a user and a password */
export function kafkaSettings(variables: KafkaVariables, clientId: string, log: Logger): KafkaSettings {
  const { KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } =
    variables;
  const base = { brokers: KAFKA_BROKERS.split(','), clientId, log, ...(KAFKA_SSL && { ssl: true }) };
  if (KAFKA_SASL_MECHANISM === undefined) return base;
  if (KAFKA_SASL_USERNAME === undefined || KAFKA_SASL_PASSWORD === undefined) {
    throw new Error('KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD');
  }
  return {
    ...base,
    sasl: { mechanism: KAFKA_SASL_MECHANISM, username: KAFKA_SASL_USERNAME, password: KAFKA_SASL_PASSWORD },
  };
}
