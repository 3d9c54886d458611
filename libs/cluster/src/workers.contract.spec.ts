import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { KafkaAdmin } from '#kafka';
import { eventually } from '../../../test/harness/wait.js';
import { Cluster } from './cluster.js';
import { waitForInterval } from './jobs/wait.js';
import { workersOf } from './workers.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a worker whose group cannot be joined', () => {
  const settings = () => ({
    kafka: { brokers: inject('kafkaBrokers').split(','), clientId: 'spec', log },
    topicPrefix: `w${randomUUID().slice(0, 8)}`,
  });
  // nothing is made, so whoever reads what is not there never joins
  beforeEach(() => void vi.spyOn(KafkaAdmin.prototype, 'ensureTopics').mockResolvedValue());
  afterEach(() => vi.restoreAllMocks());
  const joins = () =>
    eventually('it goes on to join', () => vi.mocked(KafkaAdmin.prototype.ensureTopics).mock.calls[0]);

  it.each(['of all', 'of its own'])('ends by the signal %s', async (which) => {
    const [all, own] = [new AbortController(), new AbortController()];
    const start = workersOf(settings(), all.signal);
    const worker = { stopWaitMs: 0, parallelism: 1, signal: own.signal };
    const started = start('greet', () => undefined, worker);
    await joins();
    (which === 'of all' ? all : own).abort(new Error('that is enough'));
    await expect(started).rejects.toThrow('that is enough');
    await expect(start('greet', () => undefined, worker)).rejects.toThrow('that is enough');
  });

  it('keeps no cluster from closing', async () => {
    const cluster = new Cluster(settings());
    const scheduled = cluster.schedule('job', waitForInterval('1s'), () => undefined);
    await joins();
    await Promise.all([expect(scheduled).rejects.toThrow('closed'), cluster.close()]);
  });
});
