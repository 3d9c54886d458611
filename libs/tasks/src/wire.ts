import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defaultTopicPrefix } from '#contract';

// What runners and the allocator say to each other, beside the timers' own topics.

/** Reports of runners, one record each; nothing in it has to last. */
export const runnersTopicOf = (prefix = defaultTopicPrefix): string => `${prefix}.task-runners`;
export const runnersTopicConfig = Object.freeze({ 'retention.ms': String(60 * 60 * 1_000) });

const report = z.object({
  runner: z.string(),
  executors: z.array(z.string()),
  labels: z.record(z.string(), z.array(z.string())),
  resource: z.object({ cpu: z.number(), memory: z.number() }),
  parallelism: z.number().int().positive(),
  /** Tasks it takes in all, those that wait among them; 0: nothing new. */
  capacity: z.number().int().nonnegative(),
  /** Tasks that take up room here: they run or wait, or too many outcomes are still being told. */
  held: z.number().int().nonnegative(),
  /** Claims that reached it since its last report, taken or refused: `<eventId>/<attempt>`. */
  heard: z.array(z.string()),
  /** Those among them that were refused because another runner, `holder`, has the attempt. */
  refused: z.array(z.object({ key: z.string(), holder: z.string() })).optional(),
});
/** How a runner stands, told at each change and at least every `reportEveryMs`. */
export type RunnerReport = z.output<typeof report>;

/** Null: no report of ours. */
export function parseReport(value: Buffer | null): RunnerReport | null {
  try {
    return report.parse(JSON.parse(value?.toString('utf8') ?? 'null'));
  } catch {
    // anybody may write to a topic; what makes no sense is passed over
    return null;
  }
}

export const runnerNamePattern = /^[A-Za-z0-9._-]{1,128}$/;

/** Which partition of the replies topic a runner listens to: whoever knows its name can write to it. */
export const partitionOfRunner = (runner: string, partitions: number): number =>
  createHash('sha1').update(runner).digest().readUInt32BE(0) % partitions;

export const claimKey = (eventId: string, attempt: number): string => `${eventId}/${attempt}`;
const claimPrefix = (runner: string): string => `task-claim/${runner}/`;
/** Correlation of a claim's answer: it names the runner and the attempt, also when the claim was refused. */
export const claimCorrelation = (runner: string, key: string): string => `${claimPrefix(runner)}${key}`;
/** Null: for somebody else. */
export const claimKeyOf = (correlation: string | null, runner: string): string | null =>
  correlation?.startsWith(claimPrefix(runner)) === true
    ? correlation.slice(claimPrefix(runner).length)
    : null;
