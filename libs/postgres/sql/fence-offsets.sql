-- Moves the stored offsets that are where the caller believes them to be; a partition that is not returned was lost.
-- A partition without a row starts at the caller's expectation. Locks in (topic, partition) order.
with wanted as (
  select * from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) as w (topic, partition, expected, next)
), missing as (
  insert into consumer_offset (topic, partition, next_offset)
  select topic, partition, next from wanted order by topic, partition
  on conflict (topic, partition) do nothing
  returning topic, partition
), locked as (
  select o.topic, o.partition, w.next
  from consumer_offset o join wanted w using (topic, partition)
  where o.next_offset = w.expected
  order by o.topic, o.partition
  for update of o
), moved as (
  update consumer_offset o set next_offset = l.next
  from locked l
  where o.topic = l.topic and o.partition = l.partition
  returning o.topic, o.partition
)
select topic, partition from moved
union all
select topic, partition from missing
