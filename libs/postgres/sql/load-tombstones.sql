-- What is remembered of deleted timers, by name and by id.
select id, namespace, key, recent
from timer_tombstone
where (namespace, key) in (select * from unnest($1::text[], $2::text[]))
union all
select id, namespace, key, recent
from timer_tombstone
where id = any($3::uuid[])
