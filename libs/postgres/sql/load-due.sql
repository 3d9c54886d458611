-- Timers whose time has come by the database's own clock, locked in id order: nobody's clock but this one decides.
-- emission_pending: what was last sent for the timer has not been acknowledged by Kafka, so no deadline counts yet.
select s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
  s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec,
  exists (select from fire_batch b where b.id = s.fire_batch) as emission_pending
from unnest($1::uuid[]) as k (id)
join timer_state s on s.id = k.id
join timer_spec p on p.id = k.id
where s.next_fire_at <= clock_timestamp()
order by s.id
for update of s
