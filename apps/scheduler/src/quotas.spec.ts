import { expect, it } from 'vitest';
import { ByDatabase, type NamespaceUsage } from '#engine';
import type { NamespaceTimers } from './metrics.js';
import { quotaParts } from './quotas.js';

const fail = (error: unknown): never => {
  throw error;
};

/** A database in which `n` has so many timers. */
function database(timers: number): NamespaceUsage & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    count: async (namespaces) => void asked.push(...namespaces),
    read: async () =>
      new Map([
        ['n', timers],
        ['free', 9],
      ]),
  };
}

function setUp(settings: Parameters<typeof quotaParts>[0]) {
  const databases = [database(3), database(4)] as const;
  const told: ReadonlyMap<string, NamespaceTimers>[] = [];
  const metrics = {
    refusedByQuota: () => undefined,
    usage: (namespaces: ReadonlyMap<string, NamespaceTimers>) => void told.push(namespaces),
  };
  return {
    databases,
    told,
    parts: quotaParts(settings, new ByDatabase<NamespaceUsage>([...databases]), metrics, () => 1, fail),
  };
}

it('asks and counts nothing where nobody has a quota', () =>
  expect(setUp({}).parts).toEqual({ services: [] }));

it('reads no database for rates alone', () =>
  expect(setUp({ n: { commandsPerSecond: 1 } }).parts.services).toEqual([]));

it('tells of all databases together, and only of namespaces with a quota', async () => {
  const { parts, told } = setUp({ n: { timers: 10 } });
  for (const service of parts.services) await service.start();
  await expect.poll(() => told.at(-1)).toEqual(new Map([['n', { timers: 7, max: 10 }]]));
  for (const service of parts.services) await service.stop();
});

it('counts a namespace in every database when the first needs to know', async () => {
  const { parts, databases } = setUp({ n: { timers: 10 } });
  await parts.guardOf?.(1).count(['n']);
  expect(databases.map(({ asked }) => asked)).toEqual([['n'], ['n']]);
});
