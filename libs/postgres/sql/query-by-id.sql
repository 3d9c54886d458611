-- One timer, as a query sees it: nothing is locked.
select s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
  s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec
from timer_state s
join timer_spec p on p.id = s.id
where s.id = $1::uuid
