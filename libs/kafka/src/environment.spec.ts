import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kafkaSettings, kafkaVariables } from './environment.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const read = (env: Record<string, string>) => kafkaSettings(z.object(kafkaVariables).parse(env), 'c', log);

describe('brokers from the environment', () => {
  it('are plain by default', () => {
    expect(read({ KAFKA_BROKERS: 'a:1,b:2' })).toEqual({ brokers: ['a:1', 'b:2'], clientId: 'c', log });
  });
  it('take TLS and SASL', () => {
    const env = {
      KAFKA_BROKERS: 'a:1',
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
    };
    expect(read(env)).toMatchObject({
      ssl: true,
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    });
  });
  it('refuse half of a login and an unknown mechanism', () => {
    expect(() => read({ KAFKA_BROKERS: 'a:1', KAFKA_SASL_MECHANISM: 'plain' })).toThrow(
      'KAFKA_SASL_USERNAME',
    );
    expect(() => read({ KAFKA_BROKERS: 'a:1', KAFKA_SASL_MECHANISM: 'kerberos' })).toThrow();
  });
});
