-- First answers of commands that were refused before, or had nothing to change, oldest first. The limit bounds what is read for an id
-- that was given to many commands; ordered by age, it would be another index that is gone through.
select r.*, null::uuid as timer_id, null::int as version
from unnest($1::uuid[]) as k (command_id)
cross join lateral (
  select command_id, sequence::double precision as age, code, message, field, retry_after_ms, substring(record_key for $3::int) as record_key
  from rejection
  where command_id = k.command_id
  limit $2::int
) r
union all
select u.command_id, u.age, null, null, null, null, null, u.timer_id, u.version
from unnest($1::uuid[]) as k (command_id)
cross join lateral (
  select command_id, timer_id, version, extract(epoch from recorded_at)::double precision as age
  from unchanged_command
  where command_id = k.command_id
  limit $2::int
) u
order by age
