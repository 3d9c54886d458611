-- What is remembered of deleted timers, by name and by id; the latest life of a name comes last.
select t.id, t.namespace, t.key, t.recent, t.deleted_at
from unnest($1::text[], $2::text[]) as k (namespace, key)
join timer_tombstone t on t.namespace = k.namespace and t.key = k.key
union all
select t.id, t.namespace, t.key, t.recent, t.deleted_at
from unnest($3::uuid[]) as k (id)
join timer_tombstone t on t.id = k.id
order by deleted_at
