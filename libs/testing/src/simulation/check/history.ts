import type { StoredEvent } from '#engine';
import {
  type CommandId,
  eventFromJson,
  evolve,
  type TimerEvent,
  type TimerId,
  type TimerState,
} from '#timer';
import type { World } from '../world.js';

/** One fact of a timer, and what the timer was before and after it. */
export interface Entry {
  readonly stored: StoredEvent;
  readonly event: TimerEvent;
  readonly before: TimerState | null;
  readonly after: TimerState | null;
}

/** What happened to one timer, from its creation on. */
export interface History {
  readonly timerId: TimerId;
  readonly entries: readonly Entry[];
}

/** Read from the partitions of the log alone, in their order. */
export function historiesOf({ database }: World): readonly History[] {
  const streams = Map.groupBy(database.store.tables.logs.flat(), ({ timerId }) => timerId);
  return [...streams].map(([timerId, events]) => ({ timerId, entries: fold(events) }));
}

function fold(events: readonly StoredEvent[]): Entry[] {
  let before: TimerState | null = null;
  return events.map((stored) => {
    const event = eventFromJson(stored.data);
    const commandId = stored.commandId as CommandId | null;
    const after = evolve(before, { version: stored.version, commandId, event });
    const entry = { stored, event, before, after };
    before = after;
    return entry;
  });
}
