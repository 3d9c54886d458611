-- First answers of commands that were refused before, or had nothing to change; of several of one kind the first one comes last.
(
  select r.command_id, r.code, r.message, r.field, null::uuid as timer_id, null::int as version
  from unnest($1::uuid[]) as k (command_id)
  join rejection r on r.command_id = k.command_id
  order by r.sequence desc
) union all (
  select u.command_id, null, null, null, u.timer_id, u.version
  from unchanged_command u
  where u.command_id = any($1::uuid[])
  order by u.recorded_at desc
)
