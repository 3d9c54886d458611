-- What should have been looked at by now, of any slot, most overdue first. Each slot that has any gives twice its share of the answer
-- ($2) at most: after an outage all of them have thousands, and an answer of five hundred is not to read them all from a cold disk.
-- A slot in which all that is late waits for an emission counts as well: to find that out would be to pass over all of it twice, where
-- a topic is refused. So the share is a bound, and what is beyond it comes with the next sweep.
-- now(), not clock_timestamp(): an index cannot be searched for something that may change with every row, and the scan would read
-- every timer.
with late as materialized (
  select o.slot
  from generate_series(0, 255) as o (slot)
  where exists (
    select from timer_state s
    where s.slot = o.slot and s.next_fire_at < now() - $1::int * interval '1 millisecond'
  )
)
select d.id, d.slot, d.version, d.next_fire_at
from late
cross join lateral (
  select s.id, s.slot, s.version, s.next_fire_at
  from timer_state s
  where s.slot = late.slot and s.next_fire_at < now() - $1::int * interval '1 millisecond'
    and not (s.phase <> 0 and exists (select from fire_batch b where b.id = s.fire_batch))
  order by s.next_fire_at
  limit (select ceil(2.0 * $2::int / count(*)) from late)
) d
order by d.next_fire_at
limit $2::int
