import type { Finding, Timer } from '../api/types.ts';

/** What the moment is at which something happens next, if nobody says anything before. */
export function nextName({ status, attempt, retry }: Pick<Timer, 'status' | 'attempt' | 'retry'>): string {
  if (status !== 'open') return 'Next';
  // redriven, it begins to count anew, and how far it is the record does not say
  const isMaybeLast = retry.maxAttempts > 0 && attempt !== undefined && attempt >= retry.maxAttempts;
  return isMaybeLast ? 'Sent again or given up, unless closed before' : 'Sent again, unless closed before';
}

/** What a finding's sentence says beyond the verdict that stands before it. */
export const afterVerdict = (verdict: Finding['verdict'], sentence: string): string =>
  sentence.startsWith(`${verdict} `) ? sentence.slice(verdict.length + 1) : sentence;
