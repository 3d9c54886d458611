-- First answers of commands that were refused before; of several the first one comes last.
select r.command_id, r.code, r.message, r.field
from unnest($1::uuid[]) as k (command_id)
join rejection r on r.command_id = k.command_id
order by r.sequence desc
