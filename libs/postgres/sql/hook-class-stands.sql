-- Hook classes with events that are open or given up, and those that fire: at most $1 timers of either are looked at, and of the log the
-- newest $2 events, an equal part of each partition, none older than $3 ms. Where a partition has more in that time, its part tells of a
-- shorter one. Unanswered: sent $4 times or more, and no worker was heard of for it.
with opened as materialized (
  select p.hook_class, s.attempt, s.phase, s.started_at, s.extra
  from timer_state s join timer_spec p on p.id = s.id
  where s.status in (1, 2)
  limit $1::int
), dead as materialized (
  select p.hook_class
  from timer_state s join timer_spec p on p.id = s.id
  where s.extra is not null and s.extra like '%"givenUp":{%'
  limit $1::int
), looked as materialized (
  select h.partition, e.type, e.stream_id, e.recorded_at, $2::int / t.partitions as part
  from log_head h
  cross join topology t
  cross join lateral (
    select l.type, l.stream_id, l.recorded_at
    from event_log l
    where l.partition = h.partition and l.position >= h.next - $2::int / t.partitions
      and l.recorded_at > now() - $3::int * interval '1 millisecond'
    order by l.position desc
    limit $2::int / t.partitions
  ) e
  -- no more than their parts together; it is the planner that does not know
  limit $2::int
), spanned as (
  select type, stream_id,
    case when count(*) over (partition by partition) < part then $3::float8
      else greatest(1, extract(epoch from now() - min(recorded_at) over (partition by partition)) * 1000) end as span_ms
  from looked
)
select k.hook_class, sum(k.open)::int as open, sum(k.retrying)::int as retrying, sum(k.unanswered)::int as unanswered, min(k.started_at) as open_since, sum(k.given_up)::int as given_up,
  (select count(*) from opened) < $1::int and (select count(*) from dead) < $1::int as is_exact, sum(k.fires_per_second)::float8 as fires_per_second
from (
  -- phase 4: waits for its next attempt; 3: was sent. Quotes within payloads are escaped, so these characters stand where a field of that
  -- name does: of an event that some worker took or failed
  select hook_class, 1 as open, case when attempt > 1 or phase = 4 then 1 else 0 end as retrying,
    case when phase = 3 and attempt >= $4::int
      and (extra is null or (extra not like '%"worker":%' and extra not like '%"lastError":%')) then 1 else 0 end as unanswered,
    started_at, 0 as given_up, 0 as fires_per_second
  from opened
  union all
  select hook_class, 0, 0, 0, null, 1, 0 from dead
  union all
  select p.hook_class, 0, 0, 0, null, 0, 1000 / f.span_ms
  from spanned f join timer_spec p on p.id = f.stream_id
  where f.type = 'EventTriggered'
) k
group by k.hook_class
order by k.hook_class
