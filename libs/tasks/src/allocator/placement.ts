import type { Resource, TaskOptions } from '../model/task.js';
import { ownOf } from '../model/task-record.js';
import type { RunnerReport } from '../wire.js';

/** A runner as the allocator sees it. */
export interface Candidate {
  readonly report: RunnerReport;
  /** Tasks it has, and those that were given to it since it told of itself. */
  readonly load: number;
}

/** What a task asks of its runner. Tasks of one demand are alike to the allocator. */
export interface Demand {
  readonly executor: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly resource: Resource;
}

export const demandOf = (executor: string, { labels = {}, resource = {} }: TaskOptions): Demand => ({
  executor,
  labels,
  resource,
});

export const demandKey = ({ executor, labels, resource }: Demand): string =>
  JSON.stringify([executor, Object.entries(labels).sort(), resource.cpu ?? 0, resource.memory ?? 0]);

/** The least loaded of those that can do it and have room, for its size; of equals the first by name. Null: nobody, for now. */
export function leastLoaded<T extends Candidate>(demand: Demand, candidates: readonly T[]): T | null {
  let best: T | null = null;
  for (const candidate of candidates) {
    if (candidate.load >= candidate.report.capacity || !fits(demand, candidate.report)) continue;
    if (best === null || isBefore(candidate, best)) best = candidate;
  }
  return best;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  const [shareA, shareB] = [a.load / a.report.parallelism, b.load / b.report.parallelism];
  return shareA === shareB ? a.report.runner < b.report.runner : shareA < shareB;
}

/** Every label with one of the runner's values, whatever their case; totals, not what is free, for resources. */
export function fits({ executor, labels, resource }: Demand, report: RunnerReport): boolean {
  if (!report.executors.includes(executor)) return false;
  if ((resource.cpu ?? 0) > report.resource.cpu || (resource.memory ?? 0) > report.resource.memory)
    return false;
  return Object.entries(labels).every(([key, value]) =>
    ownOf(report.labels, key)?.some((own) => own.toLowerCase() === value.toLowerCase()),
  );
}
