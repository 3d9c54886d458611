import { durationMs, parseDuration } from '#timer';

/** What a policy of one's own is told. */
export interface JobMetadata {
  /** When the last run finished; null: it never ran. */
  readonly lastFinished: Date | null;
}

/**
 * How long to wait, ms, before the next run; 0 or less: now. Asked before a run and after it. One that throws, or answers no number, lets nothing run:
 * it is asked again by the retry policy, after a run that was done once its `max` has passed.
 */
export type WaitFunction = (now: Date, metadata: JobMetadata) => number;

/** When a job runs next. */
export type NextWaitInterval =
  | { readonly kind: 'after-finish'; readonly interval: string }
  | { readonly kind: 'rounded'; readonly interval: string }
  | WaitFunction;

function checked(interval: string): string {
  const reading = parseDuration(interval);
  if (!reading.ok) throw new RangeError(`must specify non-zero ready interval: ${reading.message}`);
  return interval;
}

/**
 * So long after each run's end; never run: now. A thousand replicas that start together do not run it a thousand times.
 * @param interval `5m`, `1h30m`, `PT90M`
 * @throws RangeError for zero, a negative interval, or what is no duration
 */
export const waitForInterval = (interval: string): NextWaitInterval => ({
  kind: 'after-finish',
  interval: checked(interval),
});

/** At the next multiple of the interval on the grid of UTC, counted from the last run's end; never run: now. @throws RangeError */
export const waitForRoundedInterval = (interval: string): NextWaitInterval => ({
  kind: 'rounded',
  interval: checked(interval),
});

/** The schedule of the timer that carries it. */
export function scheduleOf(wait: NextWaitInterval): {
  readonly schedPolicyType: string;
  readonly schedPolicyExpr: string;
} {
  if (typeof wait === 'function') return { schedPolicyType: 'ON_CLOSE', schedPolicyExpr: '' };
  return {
    schedPolicyType: wait.kind === 'rounded' ? 'ROUNDED' : 'AFTER_FINISH',
    schedPolicyExpr: wait.interval,
  };
}

/** @throws RangeError if the policy answers no number, or one beyond all bounds */
export function waitMs(wait: WaitFunction, now: Date, metadata: JobMetadata): number {
  const answer = wait(now, metadata);
  if (!Number.isFinite(answer) || answer > durationMs('36500d'))
    throw new RangeError(`a policy answered ${answer}: it must answer a number of ms, at most 36500 days`);
  return Math.max(0, Math.ceil(answer));
}
