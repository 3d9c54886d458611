-- New timers, in (namespace, key) order. A name that another transaction has just taken fails the batch, which then
-- loads again and sees that timer.
insert into timer_spec (id, created_at, slot, namespace, key, hook_class, tags, spec, enable, parent_id)
select id, created_at, slot, namespace, key, hook_class, array(select json_array_elements_text(tags::json)), spec, enable <> 0, parent_id
from unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[],
  $10::uuid[])
  as t (id, created_at, slot, namespace, key, hook_class, tags, spec, enable, parent_id)
order by namespace collate "C", key collate "C"
