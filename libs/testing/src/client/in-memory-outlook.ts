import { type PreviewQuery, rejectionError, type WhyOptions } from '#client';
import {
  changeWire,
  firesDefault,
  nextQuery,
  type OutlookWire,
  outlookWire,
  type PreviewAnswerWire,
  previewEnvelope,
  type Supposed,
  supposedChange,
  supposedTimer,
  type WhyAnswerWire,
  whyQuery,
  whyWire,
} from '#contract';
import type { HistoryEntry } from '#engine';
import {
  durationMs,
  type EpochMs,
  preview,
  previewChange,
  type TimerId,
  type TimerState,
  whyBetween,
} from '#timer';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import { historyExpired, problem, read } from './problems.js';

const whyDefaultMs = durationMs('1d');
const historyPage = 1_000;

/** What schedules say and said of the timers of a store, in the words of the wire. */
export class InMemoryOutlook {
  constructor(
    private readonly store: InMemoryTimerStore,
    private readonly now: () => EpochMs,
  ) {}

  next(state: TimerState, given: number | undefined): OutlookWire {
    const { count = firesDefault } = read(nextQuery, given === undefined ? {} : { count: String(given) });
    return outlookWire(preview(state, { count, from: this.now() }));
  }

  async why(timerId: TimerId, options: WhyOptions): Promise<WhyAnswerWire> {
    const now = this.now();
    const { to = now, from = (to - whyDefaultMs) as EpochMs } = read(whyQuery, {
      from: options.from,
      to: options.to,
    });
    if (from > to) throw problem('bad-request', 'from lies after to', 'from');
    const history = await this.#since(timerId, from);
    const version = (history[0]?.version ?? Number.POSITIVE_INFINITY) - 1;
    const past = Number.isFinite(version)
      ? await this.store.queries.stateAtVersion(timerId, version)
      : await this.store.queries.stateAtMoment(timerId, from);
    if (past.kind === 'expired') throw historyExpired();
    const before = past.kind === 'state' ? past.state : null;
    return whyWire(from, to, whyBetween({ from, to, now, before, history }));
  }

  /** @param presentOf the timer that a change is proposed for */
  async preview(
    request: PreviewQuery,
    presentOf: (timerId: string) => Promise<TimerState>,
  ): Promise<PreviewAnswerWire> {
    const { timerId, timer, set, count, from = this.now() } = read(previewEnvelope, request);
    if (timerId === undefined)
      return outlookWire(preview(accepted(supposedTimer(Object(timer), from)).spec, { count, from }));
    const change = previewChange(await presentOf(timerId), accepted(supposedChange(set ?? {})), {
      count,
      from,
    });
    if (!change.ok) throw rejectionError(change.rejection);
    return changeWire(change);
  }

  async #since(timerId: TimerId, from: EpochMs): Promise<HistoryEntry[]> {
    const history: HistoryEntry[] = [];
    for (let hasMore = true; hasMore; ) {
      const after = history.at(-1)?.version;
      const range = after === undefined ? { from } : { afterVersion: after };
      const page = await this.store.queries.history(timerId, range, historyPage);
      history.push(...page.entries);
      hasMore = page.hasMore;
    }
    return history;
  }
}

/** @throws as the command would be refused */
function accepted<T>(supposed: Supposed<T>): T {
  if (!supposed.ok) throw rejectionError(supposed.rejection);
  return supposed.value;
}
