import type { TimerEvent } from '#timer';
import { armedMax, type World } from '../world.js';
import type { Entry, History } from './history.js';
import type { Violation } from './violation.js';

/** 1: nothing happens before its time by the clock of the database, which also stamped the record. */
export function noEarlyFire({ entries }: History): Violation[] {
  return entries.flatMap(({ stored, event, before }): Violation[] => {
    if (event.type !== 'EventTriggered') return [];
    const dueAt = before?.nextFireAt ?? Number.POSITIVE_INFINITY;
    const isEarly = dueAt > stored.recordedAt || event.scheduledFor > stored.recordedAt;
    const isForeign = event.startedAt > stored.recordedAt;
    if (!isEarly && !isForeign) return [];
    return [
      {
        promise: 1,
        detail: `${event.eventId} began at ${event.startedAt}, on record at ${stored.recordedAt}, due at ${dueAt}`,
      },
    ];
  });
}

/** 9: what is in memory is bounded by configuration. */
export const boundedMemory = ({ witness }: World): Violation[] =>
  witness.armedMost <= armedMax
    ? []
    : [{ promise: 9, detail: `${witness.armedMost} timers in memory, ${armedMax} allowed` }];

const moves: ReadonlySet<TimerEvent['type']> = new Set([
  'TimerCreated',
  'TimerUpdated',
  'TimerSnapshotted',
  'EventClosed',
  'EventGivenUp',
]);

/** 10: the watermark moves by a close, a give-up or an update; and forward, unless somebody said otherwise. */
export function watermarkKeepsStill(history: History, world: World): Violation[] {
  const named = watermarksNamed(world);
  return history.entries.flatMap((entry): Violation[] => {
    const problem = watermarkProblem(entry, (id) => named.has(id));
    return problem === null ? [] : [{ promise: 10, detail: `${history.timerId}: ${problem}` }];
  });
}

/** Closes that said where the watermark should go. */
export const watermarksNamed = ({ topics }: World): ReadonlySet<string> =>
  new Set(
    topics.commands
      .all()
      .flatMap(({ value }) =>
        value.kind === 'command' &&
        value.command.type === 'CloseEvent' &&
        value.command.watermark !== undefined
          ? [value.commandId]
          : [],
      ),
  );

function watermarkProblem(
  { event, before, stored }: Entry,
  namesWatermark: (commandId: string) => boolean,
): string | null {
  if ('watermark' in event && !moves.has(event.type)) return `${event.type} moves the watermark`;
  if (event.type !== 'EventClosed' && event.type !== 'EventGivenUp') return null;
  if (stored.commandId !== null && namesWatermark(stored.commandId)) return null;
  const isBack = (event.watermark ?? 0) < (before?.watermark ?? 0);
  return isBack ? `${event.type} set it back from ${before?.watermark} to ${event.watermark}` : null;
}
