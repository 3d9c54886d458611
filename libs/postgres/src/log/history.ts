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
  const { rows } = await pool.query<EventRow>(
    'select version, command_id, data, meta from event_log where stream_id = $1 and version <= $2 order by version',
    [timerId, upToVersion],
  );
  return rows.map(recordedEvent);
}

export interface EventRow {
  readonly version: number;
  readonly command_id: CommandId | null;
  readonly data: string;
  readonly meta: string | null;
}

/** A row of the log as a fact to fold. */
export function recordedEvent({ version, command_id: commandId, data, meta }: EventRow): RecordedEvent {
  const traceparent = traceparentOf(meta);
  const event = eventFromJson(data);
  return { version, commandId, event, ...(traceparent !== null && { meta: { traceparent } }) };
}

/** Most events carry none, and a parse for each would cost more than the rest of the row. */
export const traceparentOf = (meta: string | null): string | null =>
  meta?.includes('"traceparent"')
    ? ((JSON.parse(meta) as { traceparent?: string }).traceparent ?? null)
    : null;

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
