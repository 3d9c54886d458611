import {
  type ByDatabase,
  CommandRates,
  type NamespaceUsage,
  QuotaGuard,
  type QuotaSettings,
  Quotas,
} from '#engine';
import { every, type Service } from '#runtime';
import type { SchedulerMetrics } from './metrics.js';

/** How old what is known of other databases, and what the metrics page says, may be. */
const usageReadEveryMs = 2_000;

export interface QuotaParts {
  /** Of each database; absent: no namespace has a quota, and nothing is asked or counted for one. */
  readonly guardOf?: (database: number) => QuotaGuard;
  readonly services: readonly Service[];
}

/**
 * Keeps the quotas of this process.
 * @param share of all commands that are read here
 */
export function quotaParts(
  settings: QuotaSettings,
  usages: ByDatabase<NamespaceUsage>,
  metrics: Pick<SchedulerMetrics, 'refusedByQuota' | 'usage'>,
  share: () => number,
  onError: (error: unknown) => void,
): QuotaParts {
  if (Object.keys(settings).length === 0) return { services: [] };
  const quotas = new Quotas(settings);
  const rates = new CommandRates(share);
  const known = usages.all.map(() => new Map<string, number>() as ReadonlyMap<string, number>);
  const timersIn = (namespace: string, isMeant: (database: number) => boolean): number =>
    known.reduce((sum, usage, database) => sum + (isMeant(database) ? (usage.get(namespace) ?? 0) : 0), 0);

  async function read(): Promise<void> {
    const outcomes = await Promise.allSettled(
      usages.all.map(async (usage, database) => {
        known[database] = await usage.read();
      }),
    );
    const bounded = new Map<string, { readonly timers: number; readonly max: number }>();
    for (const namespace of new Set(known.flatMap((usage) => [...usage.keys()]))) {
      const max = quotas.of(namespace)?.timers ?? null;
      if (max !== null) bounded.set(namespace, { timers: timersIn(namespace, () => true), max });
    }
    metrics.usage(bounded);
    // of the others what was read last still counts
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** The others are counted with it, and nobody waits for one that is away. */
  async function countIn(database: number, namespaces: readonly string[]): Promise<void> {
    const counts = usages.all.map((usage) => usage.count(namespaces));
    for (const count of counts) count.catch(onError);
    await counts[database];
  }

  return {
    guardOf: (database) =>
      new QuotaGuard({
        quotas,
        rates,
        usage: { count: (namespaces) => countIn(database, namespaces) },
        ...(usages.all.length > 1 && {
          elsewhere: (namespace: string) => timersIn(namespace, (other) => other !== database),
        }),
        onRefused: metrics.refusedByQuota,
      }),
    services: quotas.boundTimers ? [every(usageReadEveryMs, read, onError)] : [],
  };
}
