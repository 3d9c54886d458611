-- As load-due, for timers of other owners: what someone is already working on is passed over.
select s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id, s.version, s.attempt,
  s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec,
  exists (select from fire_batch b where b.id = s.fire_batch) as emission_pending
from unnest($1::uuid[]) as k (id)
join timer_state s on s.id = k.id
join timer_spec p on p.id = k.id
where s.next_fire_at <= clock_timestamp()
order by s.id
for update of s skip locked
