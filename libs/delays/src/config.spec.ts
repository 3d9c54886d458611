import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import {
  delayConfigSchema,
  InvalidDelayConfig,
  loadDelayConfig,
  meaningless,
  optionsOf,
  parseDelayConfig,
} from './config.js';

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const former = {
  stat_interval_sec: 60,
  max_scheduled_events: 500,
  max_retry: 3,
  mysql6: true,
  username: 'u',
  password: 'p',
  host: 'broker',
  port: 9093,
  db_name: 'carillon',
  table_name: 'mails',
  max_open_connection: 10,
  queue_name: 'q-1',
  consumer_lock_timeout_sec: 31,
  consumer_time_window_sec: 5,
  consumer_select_limit: 50,
  consumer_sleep_msec: 100,
};

describe('a configuration', () => {
  it('has a default for every key', () => {
    expect(parseDelayConfig({})).toMatchObject({
      max_scheduled_events: 10_000,
      max_retry: 18,
      stat_interval_sec: 0,
      consumer_lock_timeout_sec: 31,
    });
  });
  it('takes every key of the former queue, those without a meaning too', () => {
    const options = optionsOf(parseDelayConfig(former), {}, log);
    expect(options).toMatchObject({
      namespace: 'mails',
      topicPrefix: 'carillon',
      maxRetry: 3,
      statIntervalMs: 60_000,
      lockTimeoutMs: 31_000,
      maxScheduledEvents: 500,
      kafka: { brokers: ['broker:9093'], clientId: 'q-1', sasl: { username: 'u', password: 'p' } },
    });
  });
  it('names a process that is not named', () => {
    expect(optionsOf(parseDelayConfig({}), {}, log).kafka.clientId).toMatch(/^Consumer:[0-9a-f-]{36}$/);
  });
  it('tells every problem at once, an unknown key too', () => {
    const problems = (() => {
      try {
        parseDelayConfig({ max_retry: -1, port: 'x', colour: 'red' });
      } catch (error) {
        if (error instanceof InvalidDelayConfig) return error.problems.join('\n');
      }
      return '';
    })();
    for (const word of ['max_retry', 'port', 'colour']) expect(problems).toContain(word);
  });
  it('is read from a file, and one that is not JSON is named', async () => {
    await expect(loadDelayConfig('libs/delays/README.md')).rejects.toThrow('README.md is not JSON');
    await expect(loadDelayConfig('examples/delays/config.json')).resolves.toMatchObject({
      table_name: 'reminders',
    });
  });
  it('has each key explained in the README, and those without a meaning said so', () => {
    const page = readFileSync('libs/delays/README.md', 'utf8');
    for (const key of Object.keys(delayConfigSchema.shape)) expect(page, key).toContain(`\`${key}\``);
    for (const key of Object.keys(meaningless))
      expect(page).toMatch(new RegExp(`\\| \`${key}\`.*no meaning`));
  });
});
