import {
  type CountOptions,
  type HistoryOptions,
  type PageOptions,
  type PastOptions,
  type PreviewQuery,
  type Reads,
  type TimerPage,
  type TimerRef,
  type WatchedChange,
  type WatchOptions,
  type WhyOptions,
} from '#client';
import {
  type HistoryPageWire,
  momentText,
  type OutlookWire,
  type PreviewAnswerWire,
  pageLimitDefault,
  parseCondition,
  type TimerConditionWire,
  type TimerCountWire,
  type TimerRecord,
  timerRecord,
  type WhyAnswerWire,
} from '#contract';
import { type HistoryEntry, InvalidCursorError, type PastState } from '#engine';
import { type EpochMs, eventToJson, type TimerCondition, type TimerId, type TimerState } from '#timer';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import { InMemoryOutlook } from './in-memory-outlook.js';
import { type WatchBell, watchInMemory } from './in-memory-watch.js';
import { historyExpired, momentOf, notThere, problem } from './problems.js';

const countMaxDefault = 100_000;

/** What the API answers, without HTTP: the queries of the store, in the words of the wire. */
export class InMemoryReads implements Reads {
  readonly #outlook: InMemoryOutlook;

  constructor(
    private readonly store: InMemoryTimerStore,
    private readonly bell: WatchBell,
    now: () => EpochMs,
  ) {
    this.#outlook = new InMemoryOutlook(store, now);
  }

  async timer(ref: TimerRef, { at, version }: PastOptions): Promise<TimerRecord> {
    if (at === undefined && version === undefined) return told(await this.#stateOf(ref));
    const timerId = await this.#idOf(ref);
    const past =
      version !== undefined
        ? await this.store.queries.stateAtVersion(timerId, version)
        : await this.store.queries.stateAtMoment(timerId, momentOf('at', at ?? ''));
    return recordOf(ref, past);
  }

  async page(condition: TimerConditionWire, options: PageOptions): Promise<TimerPage> {
    const { order, limit = pageLimitDefault, after = null } = options;
    const asked = conditionOf(condition);
    const wanted = { limit, after, ...(order !== undefined && { order }) };
    const page = await this.store.queries.list(asked, wanted).catch((error: unknown) => {
      throw error instanceof InvalidCursorError ? problem('invalid-cursor', error.message, 'after') : error;
    });
    return {
      timers: page.timers.map(told),
      ...(page.next !== null && { next: page.next }),
    };
  }

  async count(
    condition: TimerConditionWire,
    { max = countMaxDefault }: CountOptions,
  ): Promise<TimerCountWire> {
    return this.store.queries.count(conditionOf(condition), max);
  }

  async events(ref: TimerRef, options: HistoryOptions): Promise<HistoryPageWire> {
    const { after, limit = pageLimitDefault, from, to } = options;
    const timerId = await this.#idOf(ref);
    const range = {
      ...(after !== undefined && { afterVersion: after }),
      ...(from !== undefined && { from: momentOf('from', from) }),
      ...(to !== undefined && { before: momentOf('to', to) }),
    };
    const { entries, hasMore } = await this.store.queries.history(timerId, range, limit);
    if (entries.length === 0 && (await this.store.queries.history(timerId, {}, 1)).entries.length === 0)
      throw notThere(ref);
    const next = entries.at(-1)?.version;
    return { events: entries.map(eventOf), ...(hasMore && next !== undefined && { next }) };
  }

  async nextFires(ref: TimerRef, { count }: { readonly count?: number }): Promise<OutlookWire> {
    return this.#outlook.next(await this.#stateOf(ref), count);
  }

  async why(ref: TimerRef, options: WhyOptions): Promise<WhyAnswerWire> {
    return this.#outlook.why(await this.#idOf(ref), options);
  }

  async preview(request: PreviewQuery): Promise<PreviewAnswerWire> {
    return this.#outlook.preview(request, (timerId) => this.#stateOf({ timerId }));
  }

  watch(condition: TimerConditionWire, options: WatchOptions): AsyncIterable<WatchedChange> {
    return watchInMemory(this.store, this.bell, conditionOf(condition), options);
  }

  async #stateOf(ref: TimerRef): Promise<TimerState> {
    const { queries } = this.store;
    const state =
      'timerId' in ref
        ? await queries.byId(ref.timerId as TimerId)
        : await queries.byKey(ref.namespace ?? '', ref.key);
    if (state === null) throw notThere(ref);
    return state;
  }

  /** Also of a timer that was deleted. */
  async #idOf(ref: TimerRef): Promise<TimerId> {
    if ('timerId' in ref) return ref.timerId as TimerId;
    const timerId = await this.store.queries.lastIdOf(ref.namespace ?? '', ref.key);
    if (timerId === null) throw notThere(ref);
    return timerId;
  }
}

/** As it comes from a wire: a copy, that nobody else holds. */
const told = (state: TimerState): TimerRecord =>
  JSON.parse(JSON.stringify(timerRecord(state))) as TimerRecord;

function recordOf(ref: TimerRef, past: PastState): TimerRecord {
  if (past.kind === 'state') return told(past.state);
  if (past.kind === 'absent') throw notThere(ref);
  throw historyExpired();
}

function conditionOf(wire: TimerConditionWire): TimerCondition {
  const read = parseCondition(wire);
  if (read.ok) return read.condition;
  const field = ['condition', read.field].filter((part) => part !== '').join('.');
  throw problem('invalid-condition', `${field}: ${read.message}`, field);
}

const eventOf = ({ version, recordedAt, commandId, event, meta }: HistoryEntry) => ({
  version,
  type: event.type,
  recordedAt: momentText(recordedAt),
  ...(commandId !== null && { commandId }),
  ...(meta.source !== undefined && { source: { ...meta.source, offset: meta.source.offset.toString() } }),
  ...(meta.actor !== undefined && { actor: meta.actor }),
  data: JSON.parse(eventToJson(event)) as Record<string, unknown>,
});
