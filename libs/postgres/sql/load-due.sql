-- Timers whose time has come by the database's own clock, locked in id order: nobody's clock but this one decides.
-- emission_pending: what was last sent for the timer has not been acknowledged by Kafka, so no deadline counts yet.
-- Of many large ones only so many bytes are taken ($2); sizes are read from the headers of values, not from the values.
with sized as (
  select k.id, sum(octet_length(p.spec) + coalesce(octet_length(s.summary), 0)) over (order by k.n rows between unbounded preceding and 1 preceding) as bytes_before
  from unnest($1::uuid[]) with ordinality as k (id, n)
  join timer_state s on s.id = k.id
  join timer_spec p on p.id = k.id
)
select s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
  s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec,
  exists (select from fire_batch b where b.id = s.fire_batch) as emission_pending
from sized k
join timer_state s on s.id = k.id
join timer_spec p on p.id = k.id
where s.next_fire_at <= clock_timestamp() and coalesce(k.bytes_before, 0) < $2::bigint
order by s.id
for update of s
