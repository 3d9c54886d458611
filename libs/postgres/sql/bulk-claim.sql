-- The running bulk that has waited longest and that nobody has, for a while.
update bulk_request b
set epoch = b.epoch + 1, claimed_until = clock_timestamp() + $1::int * interval '1 millisecond', worked_at = clock_timestamp()
from (
  select id from bulk_request
  where status = 'running' and (claimed_until is null or claimed_until <= clock_timestamp())
  order by worked_at
  limit 1
  for update skip locked
) c
where b.id = c.id
returning b.id, b.requested_at, b.ended_at, b.actor, b.action, b.condition, b.status, b.matched, b.applied, b.refusals,
  b.epoch, b.cursor, b.has_more, b.pending
