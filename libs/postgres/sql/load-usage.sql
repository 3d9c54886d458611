-- Live timers of namespaces, named or by their timers ($2), as far as they are counted whole.
with asked as (
  select namespace from unnest($1::text[]) as n (namespace)
  union
  select p.namespace from unnest($2::uuid[]) as t (id) join timer_spec p on p.id = t.id
)
select u.namespace, sum(u.timers)::bigint as timers
from asked a join namespace_usage u on u.namespace = a.namespace
group by u.namespace
having bool_or(u.partition = -1)
