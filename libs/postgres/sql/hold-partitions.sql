-- One reader a partition: an advisory lock of this session, gone when the session is.
select p from unnest($1::int[]) as p where pg_try_advisory_lock(hashtext('carillon.relay'), p)
