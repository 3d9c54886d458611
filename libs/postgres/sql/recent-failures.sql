-- Attempts that failed or that nobody answered, and events given up, within $2 ms: of the newest $1 events of the log, an equal part of each
-- partition. Where a partition has more in that time, there may be more of either.
with looked as materialized (
  select h.partition, e.type, e.is_unanswered, $1::int / t.partitions as part
  from log_head h
  cross join topology t
  cross join lateral (
    select l.type, l.type = 'EventRedelivered' and (l.data like '%"reason":"ack-timeout"%' or l.data like '%"reason":"unheard"%') as is_unanswered
    from event_log l
    where l.partition = h.partition and l.position >= h.next - $1::int / t.partitions
      and l.recorded_at > now() - $2::int * interval '1 millisecond'
    order by l.position desc
    limit $1::int / t.partitions
  ) e
  limit $1::int
), counted as (
  select count(*) filter (where type = 'EventRetryScheduled' or is_unanswered) as retries,
    count(*) filter (where type = 'EventGivenUp') as given_up, count(*) < min(part) as is_exact
  from looked
  group by partition
)
select coalesce(sum(retries), 0)::int as retries, coalesce(sum(given_up), 0)::int as given_up, coalesce(bool_and(is_exact), true) as is_exact
from counted
