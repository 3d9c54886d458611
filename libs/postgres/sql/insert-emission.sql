-- The debt of this transaction to Kafka.
insert into fire_batch (id, timer_ids, versions) values ($1::uuid, $2::uuid[], $3::int[])
