-- Changed specs; their state rows are locked.
update timer_spec p
set hook_class = t.hook_class, tags = array(select json_array_elements_text(t.tags::json)), spec = t.spec, enable = t.enable <> 0
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[]) as t (id, hook_class, tags, spec, enable)
where p.id = t.id
