-- The tail of several partitions, each in position order, taken by turns: of large events only so many bytes are sent ($5; the last
-- may go over), and no partition waits for another's. Sizes are read from the headers of values, not from the values.
-- recorded_at never falls as the position rises, so the bounds prune the children that are done and those that wait for their day; after
-- a clock was set back the log goes on ahead of it for a while.
with page as materialized (
  select e.*
  from unnest($1::smallint[], $2::bigint[]) as c (partition, position)
  cross join lateral (
    select t.*, row_number() over (order by t.position) as turn
    from (
      select l.partition, l.position, l.stream_id, l.version, l.type, l.record_key, l.next_fire_at, l.command_id, l.data, l.recorded_at, l.meta
      from event_log l
      where l.partition = c.partition and l.position > c.position
        and l.recorded_at >= $4::timestamptz and l.recorded_at < greatest(now(), (select max(h.recorded_at) from log_head h where h.partition = any($1::smallint[]))) + interval '1 day'
      order by l.position
      limit $3::int
    ) t
  ) e
), sized as (
  select page.*, sum(octet_length(data) + coalesce(octet_length(meta), 0)) over (w rows between unbounded preceding and 1 preceding) as bytes_before
  from page
  window w as (order by turn, partition)
)
select partition, position, stream_id, version, type, record_key, next_fire_at, command_id, data, recorded_at, meta
from sized
where coalesce(bytes_before, 0) < $5::bigint
order by turn, partition
