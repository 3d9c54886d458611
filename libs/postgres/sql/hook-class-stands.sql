-- Hook classes with events that are open or given up: at most $1 timers of either are looked at.
with opened as materialized (
  select p.hook_class, s.attempt, s.phase, s.started_at
  from timer_state s join timer_spec p on p.id = s.id
  where s.status in (1, 2)
  limit $1::int
), dead as materialized (
  select p.hook_class
  from timer_state s join timer_spec p on p.id = s.id
  where s.extra is not null and s.extra like '%"givenUp":{%'
  limit $1::int
)
select k.hook_class, sum(k.open)::int as open, sum(k.retrying)::int as retrying, min(k.started_at) as open_since, sum(k.given_up)::int as given_up,
  (select count(*) from opened) < $1::int and (select count(*) from dead) < $1::int as is_exact
from (
  -- phase 4: waits for its next attempt
  select hook_class, 1 as open, case when attempt > 1 or phase = 4 then 1 else 0 end as retrying, started_at, 0 as given_up from opened
  union all
  select hook_class, 0, 0, null, 1 from dead
) k
group by k.hook_class
order by k.hook_class
