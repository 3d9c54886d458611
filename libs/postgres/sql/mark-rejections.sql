update rejection set published_at = clock_timestamp() where sequence = any($1::bigint[])
