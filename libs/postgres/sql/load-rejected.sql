-- First answers of commands that were refused before. A repeat is answered from here and adds no row.
select r.command_id, r.code, r.message, r.field
from unnest($1::uuid[]) as k (command_id)
join rejection r on r.command_id = k.command_id
