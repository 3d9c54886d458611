import { describe, expect, it } from 'vitest';
import { ByDatabase, recordKey, TransientLogError } from '#engine';
import { ManualClock } from './clock/manual-clock.js';
import { apiKeysContract } from './contract/api-keys-contract.js';
import { bulkStoreContract } from './contract/bulk-store-contract.js';
import { bulkWorkerContract } from './contract/bulk-worker-contract.js';
import { dueIndexContract } from './contract/due-index-contract.js';
import { expansionContract } from './contract/expansion-contract.js';
import { logFeedContract } from './contract/log-feed-contract.js';
import { type RetentionSubject, retentionContract } from './contract/retention-contract.js';
import { splitSubject } from './contract/split-subject.js';
import type { QueriesSubject, StoreHandle } from './contract/subject.js';
import { timerLogContract } from './contract/timer-log-contract.js';
import { timerQueriesContract } from './contract/timer-queries-contract.js';
import { apply, createTimer, deletion, loadWith, nameOf, request, writing } from './contract/writing.js';
import { InMemoryApiKeys } from './memory/in-memory-api-keys.js';
import { InMemoryBulkStore } from './memory/in-memory-bulk-store.js';
import { InMemoryTimerStore } from './memory/in-memory-timer-store.js';

function openStore() {
  const clock = new ManualClock();
  return { clock, store: new InMemoryTimerStore({ partitions: 8, now: () => clock.now() }) };
}

function openInMemory(): Promise<QueriesSubject & RetentionSubject> {
  const { clock, store } = openStore();
  const handle = (): StoreHandle => {
    const { log, due, usage } = store;
    return { log, due, usage, feed: store.openFeed(), close: () => Promise.resolve() };
  };
  return Promise.resolve({
    ...handle(),
    partitions: store.partitions,
    expand: async (to) => store.expand(to),
    queries: store.queries,
    openRetention: () => store.openRetention(),
    age: (days) => clock.advance(days * 86_400_000),
    forgetBefore: (timerId, version) => Promise.resolve(store.forgetBefore(timerId, version)),
    another: () => Promise.resolve(handle()),
    pass: (durationMs) => clock.advance(durationMs),
    lockElsewhere: (timerId) => {
      const release = store.lockElsewhere(timerId);
      return Promise.resolve(() => Promise.resolve(release()));
    },
  });
}

timerLogContract('in memory', openInMemory);
dueIndexContract('in memory', openInMemory);
logFeedContract('in memory', openInMemory);
expansionContract('in memory', openInMemory);
retentionContract('in memory', openInMemory);
timerQueriesContract('in memory', openInMemory);
timerQueriesContract('in memory, shared by two', async () =>
  splitSubject(new ByDatabase([await openInMemory(), await openInMemory()])),
);
apiKeysContract('in memory', () => {
  const clock = new ManualClock();
  return Promise.resolve({
    store: new InMemoryApiKeys(() => clock.now()),
    close: () => Promise.resolve(),
  });
});
bulkStoreContract('in memory', () => {
  const clock = new ManualClock();
  let store = new InMemoryBulkStore(() => clock.now());
  return Promise.resolve({
    get store() {
      return store;
    },
    clear: () => {
      store = new InMemoryBulkStore(() => clock.now());
      return Promise.resolve();
    },
    pass: (durationMs) => clock.advance(durationMs),
    close: () => Promise.resolve(),
  });
});
bulkWorkerContract('in memory', () => {
  const { clock, store } = openStore();
  let bulks = new InMemoryBulkStore(() => clock.now());
  return Promise.resolve({
    log: store.log,
    queries: store.queries,
    get bulks() {
      return bulks;
    },
    now: () => Promise.resolve(clock.now()),
    clear: () => {
      bulks = new InMemoryBulkStore(() => clock.now());
      return Promise.resolve();
    },
    pass: (durationMs) => clock.advance(durationMs),
    sleep: clock.sleep,
    close: () => Promise.resolve(),
  });
});

describe('the store in memory', () => {
  it('forgets a deleted timer after a day', async () => {
    const { clock, store } = openStore();
    const created = await createTimer(store.log);
    await apply(store.log, created.id, deletion);
    const { namespace, key } = nameOf(created);
    await clock.advance(24 * 3_600_000 - 1);
    const aDayLess = await loadWith(store.log, { targets: [nameOf(created)] });
    expect(aDayLess.tombstones.has(recordKey(namespace, key))).toBe(true);
    await clock.advance(1);
    const aDay = await loadWith(store.log, { targets: [nameOf(created)] });
    expect(aDay.tombstones.size).toBe(0);
  });

  it('fails a transaction when told to, before its commit or after it', async () => {
    const { store } = openStore();
    const error = new TransientLogError('the connection broke');
    const advance = { topic: 't', partition: 0, expected: 0n, next: 1n };
    store.log.failNext({ when: 'before-commit', error });
    store.log.failNext({ when: 'after-commit', error });
    const attempt = () => store.log.transact(request({ offsets: [advance] }), () => writing());
    await expect(attempt()).rejects.toBe(error);
    expect((await store.log.storedOffsets('t', [0])).size).toBe(0);
    await expect(attempt()).rejects.toBe(error);
    expect(await store.log.storedOffsets('t', [0])).toEqual(new Map([[0, 1n]]));
    expect((await attempt()).lostSources.size).toBe(1);
  });

  it('has a power of two of partitions, up to 256', () => {
    for (const partitions of [0, 3, 512, 1.5])
      expect(() => new InMemoryTimerStore({ partitions, now: () => new ManualClock().now() })).toThrow(
        RangeError,
      );
  });
});
