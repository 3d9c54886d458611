import type { CommandOutcomes, RefusedCommand, TimerTarget, TimerVersion } from '#engine';
import type { CommandId, TimerId } from '#timer';
import type { ReadPool } from '../queries/read-pool.js';
import { storedReason } from './stored-reason.js';

// No index of the log leads from a command to its events: it would cost every append, for a question that is asked of few.
// The receipt names the timer. What that remembers of itself comes first, in the log only its last day is looked through, and a
// timer with so many events that this takes longer than the pool's bound has no answer.

const refused = `select code, message, field, retry_after_ms, record_value from rejection where command_id = $1::uuid order by sequence limit 1`;

/** Every timer that had the name within a day. */
const livesOfName = `
  select id from timer_spec where namespace = $2::text and key = $3::text
  union
  select id from timer_tombstone where namespace = $2::text and key = $3::text`;
const lifeOfId = 'select $2::uuid as id';

/** The last few commands of a timer, and those that had nothing to change. */
const remembered = (lives: string): string => `
  with lives as materialized (${lives}), recent as (
    select id, recent from lives join timer_state using (id)
    union all
    select id, recent from lives join timer_tombstone using (id)
  )
  select id, split_part(entry, ':', 2)::int as version
  from recent cross join string_to_table(recent.recent, ',') as entry
  where split_part(entry, ':', 1)::uuid = $1::uuid
  union all
  select u.timer_id, u.version from lives l join unchanged_command u on u.timer_id = l.id where u.command_id = $1::uuid
  order by version desc limit 1`;
/** As long as refusals are kept. */
const logged = (lives: string): string => `
  with lives as materialized (${lives})
  select e.stream_id, e.version from lives l join event_log e on e.stream_id = l.id
  where e.command_id = $1::uuid and e.recorded_at >= now() - interval '1 day'
  order by e.version desc limit 1`;

const ofName = [remembered(livesOfName), logged(livesOfName)];
const ofId = [remembered(lifeOfId), logged(lifeOfId)];

/** @throws QueryUnavailableError where the database does not answer in time */
export class PostgresCommandOutcomes implements CommandOutcomes {
  constructor(private readonly pool: Pick<ReadPool, 'rows'>) {}

  async rejectionOf(commandId: CommandId): Promise<RefusedCommand | null> {
    const [row] = await this.pool.rows(refused, [commandId]);
    if (row === undefined) return null;
    return { rejection: storedReason(row), value: row[4] as Buffer | null };
  }

  async appliedTo(target: TimerTarget, commandId: CommandId): Promise<TimerVersion | null> {
    const [statements, names] =
      'timerId' in target ? [ofId, [target.timerId]] : [ofName, [target.namespace, target.key]];
    for (const text of statements) {
      const [row] = await this.pool.rows(text, [commandId, ...names]);
      if (row !== undefined) return { timerId: row[0] as TimerId, version: Number(row[1]) };
    }
    return null;
  }
}
