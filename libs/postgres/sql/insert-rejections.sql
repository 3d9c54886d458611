-- Refused commands, in the transaction that moves their offset; the relay publishes them after the commit.
insert into rejection (command_id, source_offset, source_partition, source_topic, retry_after_ms, code, message, field, record_key, record_value)
select * from unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bytea[])
