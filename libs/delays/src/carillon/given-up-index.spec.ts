import { afterEach, expect, it, vi } from 'vitest';
import { KafkaAdmin } from '#kafka';
import { GivenUpIndex } from './given-up-index.js';
import { defaultSettings } from './settings.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

afterEach(() => void vi.restoreAllMocks());

it('is read anew by the next call after Kafka failed the first one', async () => {
  vi.spyOn(KafkaAdmin.prototype, 'topicOffsets')
    .mockRejectedValueOnce(new Error('no broker'))
    .mockRejectedValueOnce(new Error('still no broker'));
  const index = new GivenUpIndex({ ...defaultSettings, kafka: { brokers: [], clientId: 'spec', log } });
  await expect(index.list()).rejects.toThrow(/^no broker/);
  await expect(index.list()).rejects.toThrow(/^still no broker/);
});
