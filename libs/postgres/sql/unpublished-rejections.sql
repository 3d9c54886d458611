-- Refused commands that nobody has published, oldest first; of large ones only so many bytes ($2; the last may go over).
with page as materialized (
  select sequence, command_id, source_offset, source_partition, source_topic, code, message, field, retry_after_ms, record_key, record_value
  from rejection
  where published_at is null
  order by sequence
  limit $1::int
), sized as (
  select page.*, sum(coalesce(octet_length(record_value), 0) + coalesce(octet_length(record_key), 0))
    over (w rows between unbounded preceding and 1 preceding) as bytes_before
  from page
  window w as (order by sequence)
)
select sequence, command_id, source_offset, source_partition, source_topic, code, message, field, retry_after_ms, record_key, record_value
from sized
where coalesce(bytes_before, 0) < $2::bigint
order by sequence
