import { rejectionError, type WatchedChange, type WatchOptions } from '#client';
import { momentText, timerRecord, watchKindOf } from '#contract';
import type { StoredEvent } from '#engine';
import { matches, type TimerCondition, type TimerEventType } from '#timer';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';

/** Rings for all watchers when something was written. */
export class WatchBell {
  #waiting: (() => void)[] = [];

  ring(): void {
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  /** Resolves at the next ring, or when the signal fires. */
  next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.#waiting.push(resolve);
    });
  }
}

const eventsPerReadMax = 500;
/** The log of the memory is one partition, so a position is one number. */
const partition = 0;

/** The log as a watcher sees it: what its condition held for before an event, or holds for after it. */
export async function* watchInMemory(
  store: InMemoryTimerStore,
  bell: WatchBell,
  condition: TimerCondition,
  { after, include, signal, onReady }: WatchOptions,
): AsyncGenerator<WatchedChange> {
  let position = await startOf(store, after);
  onReady?.();
  while (signal?.aborted !== true) {
    // asked for before the log is read: what is written in between rings it
    const news = bell.next(signal);
    const events = await store.feed.readAfter(new Map([[partition, position]]), eventsPerReadMax);
    for (const event of events) {
      position = event.position;
      const change = await changeOf(store, condition, event, include === 'timer');
      if (change !== null) yield change;
      if (signal?.aborted) return;
    }
    if (events.length === 0) await news;
  }
}

async function startOf(store: InMemoryTimerStore, after: string | undefined): Promise<bigint> {
  if (after === undefined) return (await store.feed.heads([partition])).get(partition) ?? 0n;
  if (/^\d{1,18}$/.test(after)) return BigInt(after);
  throw rejectionError({ code: 'invalid-command', message: `no position of ours: ${after}`, field: 'after' });
}

async function changeOf(
  store: InMemoryTimerStore,
  condition: TimerCondition,
  event: StoredEvent,
  withTimer: boolean,
): Promise<WatchedChange | null> {
  const { timerId, version, type, recordKey, nextFireAt, commandId, data, recordedAt } = event;
  const isDeletion = type === 'TimerDeleted';
  const after = isDeletion ? null : await store.log.stateAt(timerId, version);
  const before = version === 1 ? null : await store.log.stateAt(timerId, version - 1);
  const isMatch = after !== null && matches(condition, after);
  if (!isMatch && (before === null || !matches(condition, before))) return null;
  const slash = recordKey.indexOf('/');
  return {
    kind: watchKindOf(type as TimerEventType),
    type,
    timerId,
    namespace: recordKey.slice(0, slash),
    key: recordKey.slice(slash + 1),
    version,
    recordedAt: momentText(recordedAt),
    ...(nextFireAt !== null && { nextFireTime: momentText(nextFireAt) }),
    ...(commandId !== null && { commandId }),
    matches: isMatch,
    data: JSON.parse(data) as Record<string, unknown>,
    ...(withTimer && after !== null && { timer: timerRecord(after) as unknown as WatchedChange['timer'] }),
    position: String(event.position),
  } as WatchedChange;
}
