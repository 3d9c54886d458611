-- Acknowledged by Kafka.
delete from fire_batch where id = any($1::uuid[])
