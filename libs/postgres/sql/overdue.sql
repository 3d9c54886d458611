-- What should have been looked at by now, of any slot, most overdue first. now(), not clock_timestamp(): an index cannot be
-- searched for something that may change with every row, and the scan would read every timer.
select d.id, d.slot, d.version, d.next_fire_at
from generate_series(0, 255) as o (slot)
cross join lateral (
  select s.id, s.slot, s.version, s.next_fire_at
  from timer_state s
  where s.slot = o.slot and s.next_fire_at < now() - $1::int * interval '1 millisecond'
    and not (s.phase <> 0 and exists (select from fire_batch b where b.id = s.fire_batch))
  order by s.next_fire_at
  limit $2::int
) d
order by d.next_fire_at
limit $2::int
