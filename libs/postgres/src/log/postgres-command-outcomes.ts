import type { Pool } from 'pg';
import type { CommandOutcomes, RefusedCommand, TimerTarget, TimerVersion } from '#engine';
import type { CommandId, RejectionCode, TimerId } from '#timer';
import { storedReason } from './stored-reason.js';

// No index of the log leads from a command to its events: it would cost every append, for a question that is asked of few.
// The receipt names the timer, and one timer's events lie together under the index of its stream.

const refused = `select code, message, field, retry_after_ms, record_value from rejection where command_id = $1 order by sequence limit 1`;
const causedById = `
  select stream_id, version from event_log where stream_id = $1 and command_id = $2
  union all
  select timer_id, version from unchanged_command where timer_id = $1 and command_id = $2
  order by version desc limit 1`;
const causedByName = `
  with lives as (
    select id from timer_spec where namespace = $1 and key = $2
    union
    select id from timer_tombstone where namespace = $1 and key = $2
  )
  select e.stream_id, e.version from lives l join event_log e on e.stream_id = l.id
  where e.command_id = $3
  union all
  select u.timer_id, u.version from lives l join unchanged_command u on u.timer_id = l.id
  where u.command_id = $3
  order by version desc limit 1`;

interface RejectionRow {
  readonly code: RejectionCode;
  readonly message: string;
  readonly field: string | null;
  readonly retry_after_ms: number | null;
  readonly record_value: Buffer | null;
}
interface EventRow {
  readonly stream_id: TimerId;
  readonly version: number;
}

export class PostgresCommandOutcomes implements CommandOutcomes {
  constructor(private readonly pool: Pool) {}

  async rejectionOf(commandId: CommandId): Promise<RefusedCommand | null> {
    const { rows } = await this.pool.query<RejectionRow>(refused, [commandId]);
    const [row] = rows;
    if (row === undefined) return null;
    const { code, message, field, retry_after_ms: retryAfterMs, record_value: value } = row;
    return { rejection: storedReason([code, message, field, retryAfterMs]), value };
  }

  async appliedTo(target: TimerTarget, commandId: CommandId): Promise<TimerVersion | null> {
    const { rows } =
      'timerId' in target
        ? await this.pool.query<EventRow>(causedById, [target.timerId, commandId])
        : await this.pool.query<EventRow>(causedByName, [target.namespace, target.key, commandId]);
    const [row] = rows;
    return row === undefined ? null : { timerId: row.stream_id, version: row.version };
  }
}
