import type { Pool } from 'pg';
import {
  type CommandId,
  eventFromJson,
  evolve,
  type RecordedEvent,
  type TimerId,
  type TimerState,
} from '#timer';

/** Reads of the log that are not hot: an ordinary pool. */
export type History = Pool;

/** One timer's events, oldest first, up to a version. */
export async function readEvents(
  pool: History,
  timerId: TimerId,
  upToVersion: number,
): Promise<RecordedEvent[]> {
  const { rows } = await pool.query<{ version: number; command_id: CommandId | null; data: string }>(
    'select version, command_id, data from event_log where stream_id = $1 and version <= $2 order by version',
    [timerId, upToVersion],
  );
  return rows.map(({ version, command_id, data }) => ({
    version,
    commandId: command_id,
    event: eventFromJson(data),
  }));
}

/** What a timer folded to at a version; null where its history does not reach back that far. */
export async function readHistory(
  pool: History,
  timerId: TimerId,
  version: number,
): Promise<TimerState | null> {
  const events = await readEvents(pool, timerId, version);
  if (events.at(-1)?.version !== version) return null;
  const start = events.findLastIndex(
    ({ event }) => event.type === 'TimerSnapshotted' || event.type === 'TimerCreated',
  );
  if (start === -1) return null;
  return events.slice(start).reduce<TimerState | null>(evolve, null);
}
