import { afterEach, expect, it, vi } from 'vitest';
import { kafka } from './connection.js';

afterEach(() => vi.unstubAllEnvs());

it('brokers that `up` has started or was given are spoken to as the environment says', () => {
  vi.stubEnv('KAFKA_BROKERS', 'elsewhere:1');
  vi.stubEnv('KAFKA_SSL', 'true');
  vi.stubEnv('KAFKA_SASL_MECHANISM', 'plain');
  vi.stubEnv('KAFKA_SASL_USERNAME', 'ada');
  vi.stubEnv('KAFKA_SASL_PASSWORD', 'secret');
  const sasl = { mechanism: 'plain', username: 'ada', password: 'secret' };
  expect(kafka('127.0.0.1:1,127.0.0.1:2')).toMatchObject({
    brokers: ['127.0.0.1:1', '127.0.0.1:2'],
    ssl: true,
    sasl,
  });
  expect(kafka()).toMatchObject({ brokers: ['elsewhere:1'], ssl: true, sasl });
});
