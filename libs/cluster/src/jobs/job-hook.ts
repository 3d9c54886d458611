import { type DueEvent, HandBack, type HookContext, type HookHandler, type HookOutcome } from '#hooks';
import { type Closable, claimed, runUntilClosed } from '../closable-run.js';
import { eventClock } from './event-clock.js';
import { type JobMetadata, type NextWaitInterval, type WaitFunction, waitMs } from './wait.js';

/** One run of a job. */
export interface JobRun {
  readonly key: string;
  /** When it was due. */
  readonly scheduledFor: Date;
  readonly lastFinished: Date | null;
  /** 1, 2, …: a run that failed, or whose process was lost, is tried again. */
  readonly attempt: number;
  /** Fires when the run is not this process's any more, or the job is being closed: stop. */
  readonly signal: AbortSignal;
}

/** Returning ends the run; throwing has it tried again by the retry policy. */
export type JobCallback = (run: JobRun) => Promise<void> | void;

export interface JobHook extends Closable {
  readonly key: string;
  readonly wait: NextWaitInterval;
  readonly callback: JobCallback;
  /** Runs in all for one due time; 0: for ever. */
  readonly maxAttempts: number;
  /** How long until a policy that failed after a run is asked again, ms. */
  readonly retryMaxMs: number;
}

/** The due event is the exclusivity: it is open while the callback runs, and the next time counts from its close. */
export const jobHook =
  (job: JobHook): HookHandler =>
  async (event, context): Promise<HookOutcome> => {
    await claimed(job, event, context);
    const now = eventClock(event);
    const metadata = metadataOf(event);
    const { wait } = job;
    if (typeof wait !== 'function') {
      await call(job, event, context, metadata);
      return { summaryData: summaryOf(now()) };
    }
    const first = waitMs(wait, now(), metadata);
    if (first > 0) return { nextFireAt: after(now(), first) };
    return await runByPolicy(job, wait, event, context);
  };

/** A timer that waits for its close to name the next time ends if none does: so the last failure names one, too. */
async function runByPolicy(
  job: JobHook,
  wait: WaitFunction,
  event: DueEvent,
  context: HookContext,
): Promise<HookOutcome> {
  const now = eventClock(event);
  let failure: string | null = null;
  try {
    await call(job, event, context, metadataOf(event));
  } catch (error) {
    const counted = event.attempt - (event.attemptsBefore ?? 0);
    if (error instanceof HandBack || job.maxAttempts === 0 || counted < job.maxAttempts) throw error;
    if (context.signal.aborted) throw error;
    failure = messageOf(error);
    context.log.error(
      { key: job.key, error: failure },
      'job failed for the last time; it waits for its next',
    );
  }
  const finished = now();
  return {
    summaryData: summaryOf(finished),
    nextFireAt: after(finished, waitAfterRunMs(job, wait, finished, context)),
    ...(failure !== null && { result: JSON.stringify({ error: failure }) }),
  };
}

/** The run is over, whatever becomes of its policy: one that fails now is asked again when the job is due next. */
function waitAfterRunMs(
  { key, retryMaxMs }: JobHook,
  wait: WaitFunction,
  finished: Date,
  { log }: HookContext,
): number {
  try {
    return waitMs(wait, finished, { lastFinished: finished });
  } catch (error) {
    const details = { key, error: messageOf(error), againInMs: retryMaxMs };
    log.error(
      details,
      'the policy of a job failed after a run, which is kept; it is asked again after retry.max',
    );
    return retryMaxMs;
  }
}

const call = (
  job: JobHook,
  event: DueEvent,
  context: HookContext,
  { lastFinished }: JobMetadata,
): Promise<void> =>
  runUntilClosed(job, event, context, (signal) =>
    job.callback({
      key: job.key,
      scheduledFor: new Date(event.scheduledFor),
      lastFinished,
      attempt: event.attempt,
      signal,
    }),
  );

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const after = (moment: Date, ms: number): string => new Date(moment.getTime() + ms).toISOString();
const summaryOf = (finished: Date): string => JSON.stringify({ lastFinished: finished.toISOString() });

/** What the last run left with the timer; unreadable, or left by somebody else: never run. */
function metadataOf({ timer }: DueEvent): JobMetadata {
  try {
    const { lastFinished } = JSON.parse(timer.summaryData ?? '{}') as { readonly lastFinished?: unknown };
    const moment = new Date(String(lastFinished));
    return { lastFinished: Number.isNaN(moment.getTime()) ? null : moment };
  } catch {
    return { lastFinished: null };
  }
}
