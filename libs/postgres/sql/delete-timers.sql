-- Deleted timers leave the log and a tombstone.
with gone as (
  select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[]) as t (id, deleted_at, namespace, key, recent)
), states as (
  delete from timer_state s using gone g where s.id = g.id
), specs as (
  delete from timer_spec p using gone g where p.id = g.id
)
insert into timer_tombstone (id, deleted_at, namespace, key, recent)
select id, deleted_at, namespace, key, recent from gone
