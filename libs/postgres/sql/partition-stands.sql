-- Where each partition stands: what its log holds and has published, how far its commands were read ($1: their topic), and what is due
-- within $2 ms: of each slot the nearest $3, as the fire service reads them, so that the answer is bounded however much is scheduled.
select h.partition, h.next - 1 as events, h.next - 1 - c.position as unpublished, o.next_offset, d.armed, d.is_exact, d.late_ms
from log_head h
join topology t on t.only_row
join relay_checkpoint c on c.partition = h.partition
left join consumer_offset o on o.topic = $1::text and o.partition = h.partition
cross join lateral (
  select sum(a.n)::int as armed, bool_and(a.n < $3::int) as is_exact,
    greatest(0, extract(epoch from now() - min(a.nearest)) * 1000)::int as late_ms
  from generate_series(h.partition::int, 255, t.partitions::int) as g (slot)
  cross join lateral (
    select count(*) as n, min(near.next_fire_at) as nearest
    from (
      select s.next_fire_at from timer_state s
      where s.slot = g.slot and s.next_fire_at <= now() + $2::int * interval '1 millisecond'
      order by s.next_fire_at
      limit $3::int
    ) near
  ) a
) d
order by h.partition
