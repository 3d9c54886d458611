import {
  ByDatabase,
  type LoadedTimers,
  MergedTimerQueries,
  slotOfTarget,
  type TimerLog,
  type TransactionRequest,
  type TransactionResult,
  type TransactionWrites,
} from '#engine';
import { slotOfTimerId, type TimerId, type TimerState } from '#timer';
import type { QueriesSubject } from './subject.js';

/** Several stores that hold the timers together, for the suites that ask about one timer at a time. */
export function splitSubject(parts: ByDatabase<QueriesSubject>): QueriesSubject {
  const [first] = parts.all;
  return {
    log: new SplitLog(parts.map(({ log }) => log)),
    due: first.due,
    feed: first.feed,
    usage: first.usage,
    partitions: first.partitions,
    expand: (to) => first.expand(to),
    queries: new MergedTimerQueries(parts.map(({ queries }) => queries)),
    forgetBefore: (timerId, version) => parts.of(slotOfTimerId(timerId)).forgetBefore(timerId, version),
    another: () => first.another(),
    pass: async (durationMs) => void (await Promise.all(parts.all.map((part) => part.pass(durationMs)))),
    lockElsewhere: (timerId) => parts.of(slotOfTimerId(timerId)).lockElsewhere(timerId),
    close: async () => void (await Promise.all(parts.all.map((part) => part.close()))),
  };
}

/** Each transaction goes to the database of the timer that it is about. */
class SplitLog implements TimerLog {
  constructor(private readonly logs: ByDatabase<TimerLog>) {}

  transact(
    request: TransactionRequest,
    decide: (loaded: LoadedTimers) => TransactionWrites,
  ): Promise<TransactionResult> {
    const slots = [...request.targets.map(slotOfTarget), ...request.due.map(slotOfTimerId)];
    return this.logs.of(slots[0] ?? 0).transact(request, decide);
  }

  stateAt(timerId: TimerId, version: number): Promise<TimerState | null> {
    return this.logs.of(slotOfTimerId(timerId)).stateAt(timerId, version);
  }

  storedOffsets(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    return this.logs.of(partitions[0] ?? 0).storedOffsets(topic, partitions);
  }
}
