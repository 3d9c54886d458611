select sequence, command_id, source_offset, source_partition, source_topic, code, message, field, record_key, record_value
from rejection
where published_at is null
order by sequence
limit $1::int
