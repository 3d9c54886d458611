-- The nearest timers of each slot after one moment and up to another. A slot costs one index descent, so the answer is bounded however
-- much is scheduled. What waits for an emission to be acknowledged is armed by the event that follows it.
select d.id, d.slot, d.version, d.next_fire_at
from unnest($1::smallint[]) as o (slot)
cross join lateral (
  select s.id, s.slot, s.version, s.next_fire_at
  from timer_state s
  where s.slot = o.slot and s.next_fire_at > $4::timestamptz and s.next_fire_at <= $2::timestamptz
    and not (s.phase <> 0 and exists (select from fire_batch b where b.id = s.fire_batch))
  order by s.next_fire_at
  limit $3::int
) d
