-- Whose child a timer is, for those who ask for a timer's children. It never changes, and few timers have it.
alter table timer_spec add column parent_id uuid;
-- escapes are taken out before the text is read as JSON: payloads may hold ones that Postgres does not read
update timer_spec set parent_id = ((regexp_replace(spec, '\\(u[0-9a-fA-F]{4}|.)', '', 'g'))::json -> 'parent' ->> 'timerId')::uuid
where spec like '%"parent":{%';
create index timer_spec_parent on timer_spec (parent_id, id) where parent_id is not null;
