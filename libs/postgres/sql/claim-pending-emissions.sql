-- Emissions that nobody has marked as acknowledged. The lease keeps two instances from sending the same ones at once. What was taken before
-- comes after what was not: rows that Kafka refuses for hours stand before no other.
update fire_batch b
set claimed_until = clock_timestamp() + $2::int * interval '1 millisecond'
from (
  select id from fire_batch
  where created_at < clock_timestamp() - $1::int * interval '1 millisecond'
    and (claimed_until is null or claimed_until < clock_timestamp())
  order by claimed_until nulls first, created_at
  limit $3::int
  for update skip locked
) c
where b.id = c.id
returning b.id, (extract(epoch from clock_timestamp() - b.created_at) * 1000)::bigint, b.timer_ids::text, b.versions::text
