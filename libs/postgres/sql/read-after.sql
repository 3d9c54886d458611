-- The tail of several partitions. recorded_at rises with the position, so the bound prunes the children that are done.
select e.partition, e.position, e.stream_id, e.version, e.type, e.record_key, e.next_fire_at, e.command_id, e.data, e.recorded_at, e.meta
from unnest($1::smallint[], $2::bigint[]) as c (partition, position)
cross join lateral (
  select l.*
  from event_log l
  where l.partition = c.partition and l.position > c.position
    and l.recorded_at >= $4::timestamptz and l.recorded_at < now() + interval '1 day'
  order by l.position
  limit $3::int
) e
