import { describe, expect, it } from 'vitest';
import { createLogger } from '#runtime';
import type { EpochMs } from '#timer';
import { CachedInstallation, type InstallationSources } from './installation-reads.js';

const recentFailures = async () => ({ retries: 0, givenUp: 0, isExact: true, databasesAway: 0 });

function world(parts: Partial<InstallationSources> = {}) {
  const seen = { now: 1_000, asked: 0 };
  const installation = new CachedInstallation({
    log: {
      partitions: async () => {
        seen.asked += 1;
        return { partitions: [], databasesAway: 0 };
      },
      hookClasses: async () => ({ classes: [], isExact: true, databasesAway: 0 }),
      recentFailures,
    },
    kafka: { topicOffsets: async () => [], groupOwners: async () => new Map() },
    topics: { commands: 'c', events: 'e' },
    groups: { scheduler: 's', fire: 'f' },
    clock: () => seen.now as EpochMs,
    logger: createLogger('spec', 'silent', false),
    ...parts,
  });
  return { installation, seen };
}

describe('the stand of the installation', () => {
  it('is asked once for all who look within two seconds', async () => {
    const { installation, seen } = world();
    await Promise.all([installation.read(), installation.read()]);
    seen.now += 1_999;
    await installation.read();
    expect(seen.asked).toBe(1);
    seen.now += 1;
    await installation.read();
    expect(seen.asked).toBe(2);
  });
  it('is told without owners while Kafka is away', async () => {
    const kafka = {
      topicOffsets: () => Promise.reject(new Error('away')),
      groupOwners: async () => new Map(),
    };
    expect(await world({ kafka }).installation.read()).toMatchObject({ isKafkaReachable: false });
  });
  it('says that a part is missing, to whichever of its questions a database gave no answer', async () => {
    const partitions = async () => ({ partitions: [], databasesAway: 0 });
    const hookClasses = async () => ({ classes: [], isExact: true, databasesAway: 1 });
    expect(
      await world({ log: { partitions, hookClasses, recentFailures } }).installation.read(),
    ).toMatchObject({
      databasesAway: 1,
    });
    expect(await world().installation.read()).not.toHaveProperty('databasesAway');
  });
  it('is asked again at once after the log did not answer', async () => {
    let isAway = true;
    const none = { partitions: [], databasesAway: 0 };
    const partitions = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(none));
    const hookClasses = async () => ({ classes: [], isExact: true, databasesAway: 0 });
    const log = { partitions, hookClasses, recentFailures };
    const { installation } = world({ log });
    await expect(installation.read()).rejects.toThrow('away');
    isAway = false;
    expect(await installation.read()).toMatchObject({ partitions: [] });
  });
});
