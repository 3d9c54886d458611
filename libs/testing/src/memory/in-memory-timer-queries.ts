import {
  comparePositions,
  foldOn,
  type HistoryPage,
  type HistoryRange,
  naturalOrder,
  noFold,
  type PageRequest,
  type PastState,
  pageBytesMax,
  pageLimitMax,
  pastOf,
  positionOf,
  readCursor,
  recordKey,
  type TimerCount,
  type TimerPage,
  type TimerQueries,
  writeCursor,
} from '#engine';
import {
  type CommandId,
  type EpochMs,
  eventFromJson,
  matches,
  type TimerCondition,
  type TimerId,
  type TimerState,
} from '#timer';
import type { StreamEvent, Tables } from './tables.js';

/** The queries on plain maps: every one walks over all timers, and `matches` alone says which are meant. */
export class InMemoryTimerQueries implements TimerQueries {
  constructor(private readonly tables: Tables) {}

  byId(timerId: TimerId): Promise<TimerState | null> {
    return Promise.resolve(
      this.tables.states.get(timerId)?.state ?? this.tables.archive.get(timerId)?.state ?? null,
    );
  }

  byKey(namespace: string, key: string): Promise<TimerState | null> {
    const id = this.tables.names.get(recordKey(namespace, key));
    return Promise.resolve(id === undefined ? null : (this.tables.states.get(id)?.state ?? null));
  }

  // async, so that a wrong cursor rejects as it does where a network lies between
  async list(condition: TimerCondition, page: PageRequest): Promise<TimerPage> {
    const { order = naturalOrder(condition), after } = page;
    const limit = Math.min(page.limit, pageLimitMax);
    const from = after === null ? null : readCursor(after, condition, order);
    const found = this.#matching(condition)
      .map((state) => ({ state, at: positionOf(order, state) }))
      .filter(({ at }) => from === null || comparePositions(at, from) > 0)
      .sort((a, b) => comparePositions(a.at, b.at));
    const timers = within(
      found.slice(0, limit).map(({ state }) => state),
      sizeOf,
    );
    const last = timers.at(-1);
    const hasMore = last !== undefined && found.length > timers.length;
    return { timers, next: hasMore ? writeCursor(condition, positionOf(order, last)) : null };
  }

  count(condition: TimerCondition, max: number): Promise<TimerCount> {
    const { length } = this.#matching(condition);
    return Promise.resolve({ count: Math.min(length, max), isExact: length <= max });
  }

  history(timerId: TimerId, range: HistoryRange, limit: number): Promise<HistoryPage> {
    const { afterVersion = 0, from, before } = range;
    const all = (this.tables.streams.get(timerId) ?? []).filter(
      ({ version, recordedAt }) =>
        version > afterVersion &&
        (from === undefined || recordedAt >= from) &&
        (before === undefined || recordedAt < before),
    );
    const page = within(all.slice(0, Math.min(limit, pageLimitMax)), ({ data }) => Buffer.byteLength(data));
    return Promise.resolve({ entries: page.map(entryOf), hasMore: page.length < all.length });
  }

  async stateAtVersion(timerId: TimerId, version: number): Promise<PastState> {
    const past = this.#past(timerId, (event) => event.version <= version);
    return past.kind === 'state' && past.state.version !== version ? { kind: 'absent' } : past;
  }

  async stateAtMoment(timerId: TimerId, at: EpochMs): Promise<PastState> {
    return this.#past(timerId, (event) => event.recordedAt <= at);
  }

  lastIdOf(namespace: string, key: string): Promise<TimerId | null> {
    const name = recordKey(namespace, key);
    const present = this.tables.names.get(name);
    if (present !== undefined) return Promise.resolve(present);
    let last: StreamEvent | null = null;
    for (const [event] of this.tables.streams.values())
      if (event?.recordKey === name && event.recordedAt >= (last?.recordedAt ?? 0)) last = event;
    return Promise.resolve(last?.timerId ?? null);
  }

  #matching(condition: TimerCondition): TimerState[] {
    return [...this.tables.states.values()]
      .map(({ state }) => state)
      .filter((state) => matches(condition, state));
  }

  #past(timerId: TimerId, isWanted: (event: StreamEvent) => boolean): PastState {
    const [first] = this.tables.recorded(timerId, () => true);
    return pastOf(foldOn(noFold, this.tables.recorded(timerId, isWanted)), first ?? null);
  }
}

const entryOf = ({ version, recordedAt, commandId, data, meta }: StreamEvent) => ({
  version,
  recordedAt,
  commandId: commandId as CommandId | null,
  event: eventFromJson(data),
  meta,
});

const sizeOf = (state: TimerState): number => Buffer.byteLength(JSON.stringify(state));

/** As many as fit in a page; the one that passes the bound is the last. */
function within<T>(items: readonly T[], bytesOf: (item: T) => number): T[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += bytesOf(item);
    return bytes >= pageBytesMax;
  });
  return end === -1 ? [...items] : items.slice(0, end + 1);
}
