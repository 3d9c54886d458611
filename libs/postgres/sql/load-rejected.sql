-- First answers of commands that were refused before.
select command_id, code, message, field
from rejection
where command_id = any($1::uuid[])
order by sequence desc
