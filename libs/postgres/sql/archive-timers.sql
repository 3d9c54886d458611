-- Timers that ended long ago, as they were; their rows go in the same transaction.
insert into timer_archive (id, archived_at, namespace, key, state)
select id, clock_timestamp(), namespace, key, state
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t (id, namespace, key, state)
