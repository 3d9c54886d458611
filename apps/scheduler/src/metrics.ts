import type { CommandOutcome, RefusedByQuota } from '#engine';
import {
  boundedLabel,
  type Metrics,
  openMetrics,
  readGauge,
  secondsHistogram,
  sizeHistogram,
  systemClock,
} from '#runtime';

/** What the scheduler counts: every name is in docs/operations.md. */
export interface SchedulerMetrics {
  readonly page: Metrics;
  decided(outcomes: readonly CommandOutcome<unknown>[]): void;
  /** Partitions came from another process. */
  tookOver(partitions: number): void;
  refusedByQuota(refused: readonly RefusedByQuota[]): void;
  /** Live timers of the namespaces whose timers have a quota, in place of what was told before. */
  usage(namespaces: ReadonlyMap<string, NamespaceTimers>): void;
}
export interface NamespaceTimers {
  readonly timers: number;
  readonly max: number;
}

export interface SchedulerReadings {
  /** Commands that were read and wait for their transaction. */
  waiting(): number;
  /** Events that are committed and not published yet, of the partitions that this process publishes. */
  relayLag(): number;
  /** Partitions of the commands topic that are read here. */
  partitions(): number;
}

export function schedulerMetrics(readings: SchedulerReadings): SchedulerMetrics {
  const page = openMetrics('carillon-scheduler');
  const commands = page.meter.createCounter('carillon_commands', {
    description: 'commands decided, by type and outcome: applied, repeated, or the code of the refusal',
  });
  const batch = sizeHistogram(page.meter, 'carillon_command_batch', 'commands decided in one transaction');
  readGauge(
    page.meter,
    'carillon_commands_waiting',
    'commands read, before their transaction',
    readings.waiting,
  );
  readGauge(
    page.meter,
    'carillon_relay_lag_events',
    'events committed here and not on the change feed yet',
    readings.relayLag,
  );
  readGauge(page.meter, 'carillon_owned_partitions', 'partitions read here', readings.partitions);
  const changes = page.meter.createCounter('carillon_owner_changes', {
    description: 'partitions (scheduler) or slots (fire) that came to this process',
  });
  const endToEnd = secondsHistogram(
    page.meter,
    'carillon_end_to_end_seconds',
    'from the moment an event was due to its close, by hook class',
  );
  const label = boundedLabel();
  return {
    page,
    ...quotaMetrics(page.meter),
    tookOver: (partitions) => changes.add(partitions),
    decided: (outcomes) => {
      batch.record(outcomes.length);
      const now = systemClock();
      for (const { outcome } of outcomes) {
        if (outcome.kind !== 'applied' || outcome.closed === undefined) continue;
        const seconds = Math.max(0, now - outcome.closed.scheduledFor) / 1_000;
        endToEnd.record(seconds, { hook_class: label(outcome.state.spec.hookClass) });
      }
      for (const [labels, count] of countsOf(outcomes)) commands.add(count, labels);
    },
  };
}

function quotaMetrics(meter: Metrics['meter']): Pick<SchedulerMetrics, 'refusedByQuota' | 'usage'> {
  const refusals = meter.createCounter('carillon_quota_refusals', {
    description: 'commands refused by a quota, by namespace and quota',
  });
  const label = boundedLabel();
  let known: ReadonlyMap<string, NamespaceTimers> = new Map();
  const gauge = (name: string, description: string, read: (of: NamespaceTimers) => number) =>
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      const sums = new Map<string, number>();
      for (const [namespace, of] of known)
        sums.set(label(namespace), (sums.get(label(namespace)) ?? 0) + read(of));
      for (const [namespace, sum] of sums) result.observe(sum, { namespace });
    });
  gauge('carillon_namespace_timers', 'timers that have not ended', ({ timers }) => timers);
  gauge('carillon_namespace_timers_quota', 'how many a namespace may have', ({ max }) => max);
  return {
    refusedByQuota: (refused) => {
      for (const { namespace, quota } of refused) refusals.add(1, { namespace: label(namespace), quota });
    },
    usage: (namespaces) => {
      known = namespaces;
    },
  };
}

interface Labels {
  readonly type: string;
  readonly outcome: string;
  readonly [name: string]: string;
}

/** One addition a kind, not one a command: a batch holds a thousand of few kinds. */
function countsOf(outcomes: readonly CommandOutcome<unknown>[]): Map<Labels, number> {
  const kinds = new Map<string, Labels>();
  const counts = new Map<Labels, number>();
  for (const { envelope, outcome } of outcomes) {
    const type = envelope.content.kind === 'command' ? envelope.content.command.type : 'unreadable';
    const told = outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind;
    const kind = `${type} ${told}`;
    const labels = kinds.get(kind) ?? { type, outcome: told };
    kinds.set(kind, labels);
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  }
  return counts;
}
