-- Kafka refused all of it: it is not sent again before this.
update fire_batch set claimed_until = clock_timestamp() + $2::int * interval '1 millisecond' where id = $1::uuid
