import {
  type CountOptions,
  type HistoryOptions,
  type PageOptions,
  type PastOptions,
  problemError,
  type Reads,
  rejectionError,
  type TimerPage,
  type TimerRef,
  type WatchedChange,
  type WatchOptions,
} from '#client';
import {
  type HistoryPageWire,
  type HttpProblemCode,
  httpProblems,
  momentText,
  pageLimitDefault,
  parseCondition,
  problemType,
  type TimerConditionWire,
  type TimerCountWire,
  type TimerRecord,
  timerRecord,
} from '#contract';
import { type HistoryEntry, InvalidCursorError, type PastState } from '#engine';
import { type EpochMs, eventToJson, parseInstant, type TimerCondition, type TimerId } from '#timer';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import { type WatchBell, watchInMemory } from './in-memory-watch.js';

const countMaxDefault = 100_000;

/** What the API answers, without HTTP: the queries of the store, in the words of the wire. */
export class InMemoryReads implements Reads {
  constructor(
    private readonly store: InMemoryTimerStore,
    private readonly bell: WatchBell,
  ) {}

  async timer(ref: TimerRef, { at, version }: PastOptions): Promise<TimerRecord> {
    if (at === undefined && version === undefined) return this.#present(ref);
    const timerId = await this.#idOf(ref);
    const past =
      version !== undefined
        ? await this.store.queries.stateAtVersion(timerId, version)
        : await this.store.queries.stateAtMoment(timerId, momentOf('at', at ?? ''));
    return recordOf(ref, past);
  }

  async page(condition: TimerConditionWire, options: PageOptions): Promise<TimerPage> {
    const { order = 'id', limit = pageLimitDefault, after = null } = options;
    const asked = conditionOf(condition);
    const page = await this.store.queries.list(asked, { order, limit, after }).catch((error: unknown) => {
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

  watch(condition: TimerConditionWire, options: WatchOptions): AsyncIterable<WatchedChange> {
    return watchInMemory(this.store, this.bell, conditionOf(condition), options);
  }

  async #present(ref: TimerRef): Promise<TimerRecord> {
    const { queries } = this.store;
    const state =
      'timerId' in ref
        ? await queries.byId(ref.timerId as TimerId)
        : await queries.byKey(ref.namespace ?? '', ref.key);
    if (state === null) throw notThere(ref);
    return told(state);
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
const told = (state: Parameters<typeof timerRecord>[0]): TimerRecord =>
  JSON.parse(JSON.stringify(timerRecord(state))) as TimerRecord;

function recordOf(ref: TimerRef, past: PastState): TimerRecord {
  if (past.kind === 'state') return told(past.state);
  if (past.kind === 'absent') throw notThere(ref);
  throw problem('history-expired', 'this is longer ago than the log is kept: ask for a later moment');
}

function conditionOf(wire: TimerConditionWire): TimerCondition {
  const read = parseCondition(wire);
  if (read.ok) return read.condition;
  const field = ['condition', read.field].filter((part) => part !== '').join('.');
  throw problem('invalid-condition', `${field}: ${read.message}`, field);
}

function momentOf(field: string, text: string): EpochMs {
  const moment = parseInstant(text);
  if (moment === null)
    throw problem('bad-request', `${field}: expected an RFC 3339 moment with an offset`, field);
  return moment;
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

const notThere = (ref: TimerRef): Error => {
  const name = 'timerId' in ref ? ref.timerId : `${ref.namespace}/${ref.key}`;
  return rejectionError({ code: 'timer-not-exist', message: `timer not exist: ${name}` });
};

function problem(code: HttpProblemCode, detail: string, field?: string): Error {
  const { status, title } = httpProblems[code];
  return problemError({
    type: problemType(code),
    title,
    status,
    detail,
    code,
    ...(field !== undefined && { field }),
  });
}
