import type { TimerId } from '#timer';
import type { LogPart, RetentionPolicy, RetentionStore } from './retention-store.js';

/** Counted up to here: what a person needs to know is whether it is few or many. */
export const plannedTimersMax = 100_000;
const pageTimers = 10_000;

export interface PlannedPart extends LogPart {
  /** That need a snapshot first; `plannedTimersMax`: at least so many. */
  readonly timers: number;
  /** Why it stays for now; null: it goes. */
  readonly reason: string | null;
}
export interface RetentionPlan {
  /** Oldest first. */
  readonly parts: readonly PlannedPart[];
  /** That would be archived; `plannedTimersMax`: at least so many. */
  readonly ended: number;
}

/** What a round would do, without doing any of it. Null: another process is at work. */
export function planRetention(
  store: RetentionStore,
  { logDays, endedDays }: RetentionPolicy,
): Promise<RetentionPlan | null> {
  return store.exclusively(async () => {
    const parts: PlannedPart[] = [];
    for (const part of logDays > 0 ? await store.expiredParts(logDays) : [])
      parts.push({
        ...part,
        timers: await counted((after, max) => store.groundedIn(part, after, max)),
        reason: await store.neededBy(part),
      });
    const endedBefore = endedDays > 0 ? await store.endedBefore(endedDays) : null;
    const ended =
      endedBefore === null ? 0 : await counted((after, max) => store.endedTimers(endedBefore, after, max));
    return { parts, ended };
  });
}

async function counted(
  next: (after: TimerId | null, max: number) => Promise<readonly TimerId[]>,
): Promise<number> {
  let [count, after]: [number, TimerId | null] = [0, null];
  while (count < plannedTimersMax) {
    const page: readonly TimerId[] = await next(after, pageTimers);
    count += page.length;
    after = page.at(-1) ?? null;
    if (after === null) return count;
  }
  return plannedTimersMax;
}
