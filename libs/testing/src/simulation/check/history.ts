import type { StoredEvent } from '#engine';
import {
  type CommandId,
  eventFromJson,
  evolve,
  type TimerEvent,
  type TimerId,
  type TimerState,
} from '#timer';
import type { SimDatabase } from '../sim-database.js';
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
  /** That has it. */
  readonly database: SimDatabase;
  readonly entries: readonly Entry[];
}

/** Read from the partitions of the logs alone, in their order, with what retention took out of them. */
export function historiesOf({ databases }: World): readonly History[] {
  return databases.all.flatMap((database) => {
    // an expansion moves a timer to a partition with a higher number, never to a lower one
    const streams = Map.groupBy(database.wholeLog().flat(), ({ timerId }) => timerId);
    return [...streams].map(([timerId, events]) => ({ timerId, database, entries: fold(events) }));
  });
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
