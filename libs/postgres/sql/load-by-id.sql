-- Timers by id, locked in id order.
select s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
  s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec
from unnest($1::uuid[]) as k (id)
join timer_state s on s.id = k.id
join timer_spec p on p.id = k.id
order by s.id
for update of s
