-- Kafka acknowledged a part of an outbox row ($1) and refused the rest, which goes on as a row of its own ($2: id, $3: timers, $4: versions,
-- $5: ms of rest). Timers whose present emission is among the rest ($6) wait for that row; the others wait for none. What was settled
-- before, by us or by others, is settled.
with gone as (
  delete from fire_batch where id = $1::uuid returning created_at
), rest as (
  insert into fire_batch (id, created_at, claimed_until, timer_ids, versions)
  select $2::uuid, gone.created_at, clock_timestamp() + $5::int * interval '1 millisecond', $3::uuid[], $4::int[] from gone
  returning id
)
update timer_state s set fire_batch = rest.id
from rest, (
  select id from timer_state where id = any($6::uuid[]) and fire_batch = $1::uuid order by id for update
) waiting
where s.id = waiting.id
