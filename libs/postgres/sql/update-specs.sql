-- Changed specs; their state rows are locked.
update timer_spec p
set hook_class = t.hook_class, tags = array(select json_array_elements_text(t.tags::json)), spec = t.spec
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t (id, hook_class, tags, spec)
where p.id = t.id
