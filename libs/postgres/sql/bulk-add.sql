-- A new bulk; the same id again changes nothing.
insert into bulk_request (id, actor, action, condition)
values ($1::uuid, $2::text, $3::text, $4::text)
on conflict (id) do nothing
