-- Events of a timer within a range of versions and one of moments, oldest first; of large ones only so many bytes ($7), whose sizes
-- are read from the headers of values. Beside each: how many were found, one more than the limit if there is more.
with page as materialized (
  select e.version, e.recorded_at, e.command_id, e.data, e.meta
  from event_log e
  where e.stream_id = $1::uuid and e.version > $2::int and e.version <= $3::int
    and e.recorded_at >= $4::timestamptz and e.recorded_at < $5::timestamptz
  order by e.version
  limit $6::int + 1
), sized as (
  select page.*, row_number() over w as n, count(*) over () as found,
    sum(octet_length(page.data)) over (w rows between unbounded preceding and 1 preceding) as bytes_before
  from page
  window w as (order by page.version)
)
select version, recorded_at, command_id, data, meta, found::int
from sized
where n <= $6::int and coalesce(bytes_before, 0) < $7::bigint
order by n
