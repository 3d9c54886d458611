-- Timers by id, locked in id order. Of many large ones only so many bytes are sent ($2; the last may go over): the spec of the
-- others is null. Sizes are read from the headers of values, not from the values.
with locked as materialized (
  select s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
    s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec
  from unnest($1::uuid[]) as k (id)
  join timer_state s on s.id = k.id
  join timer_spec p on p.id = k.id
  order by s.id
  for update of s
)
select id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id, version, attempt, fires, phase,
  summary, extra, recent, created_at,
  case when sum(octet_length(spec) + coalesce(octet_length(summary), 0)) over (order by id rows unbounded preceding)
    - octet_length(spec) - coalesce(octet_length(summary), 0) < $2::bigint then spec end
from locked
