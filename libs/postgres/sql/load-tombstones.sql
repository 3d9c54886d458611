-- What is remembered of deleted timers, by name and by id; the latest life of a name comes last.
select id, namespace, key, recent, deleted_at
from timer_tombstone
where (namespace, key) in (select * from unnest($1::text[], $2::text[]))
union all
select id, namespace, key, recent, deleted_at
from timer_tombstone
where id = any($3::uuid[])
order by deleted_at
