-- Which of these names somebody has. Nothing is locked: a name that is taken after this fails the batch at the insert.
select p.namespace, p.key
from unnest($1::text[], $2::text[]) as k (namespace, key)
join timer_spec p on p.namespace = k.namespace and p.key = k.key
