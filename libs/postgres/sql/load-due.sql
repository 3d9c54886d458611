-- Timers whose time has come by the database's own clock, locked in id order and sent in the caller's: nobody's clock but this one decides.
-- emission_pending: what was last sent for the timer has not been acknowledged by Kafka, so no deadline counts yet.
-- Of many large ones only so many bytes are sent ($2; the last may go over), the rest is left for the next transaction; sizes are read
-- from the headers of values, not from the values.
with locked as materialized (
  select k.n, s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
    s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec,
    exists (select from fire_batch b where b.id = s.fire_batch) as emission_pending
  from unnest($1::uuid[]) with ordinality as k (id, n)
  join timer_state s on s.id = k.id
  join timer_spec p on p.id = k.id
  where s.next_fire_at <= clock_timestamp()
  order by s.id
  for update of s
), sized as (
  select locked.*, sum(octet_length(spec) + coalesce(octet_length(summary), 0)) over (order by n rows between unbounded preceding and 1 preceding) as bytes_before
  from locked
)
select id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id, version, attempt, fires, phase,
  summary, extra, recent, created_at, spec, emission_pending
from sized
where coalesce(bytes_before, 0) < $2::bigint
