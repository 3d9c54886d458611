-- Kafka acknowledged a part of an outbox row ($1) and refused the rest, which the row keeps ($2: timers, $3: versions, $4: ms of rest).
-- Timers whose present emission is among the rest ($5) wait for it, under the id that they had: who reads them with a snapshot from before
-- finds the row as well. The others wait for none. What was settled before, by us or by others, is settled.
with former as (
  select id, timer_ids from fire_batch where id = $1::uuid for update
), rest as (
  update fire_batch b
  set claimed_until = clock_timestamp() + $4::int * interval '1 millisecond', timer_ids = $2::uuid[], versions = $3::int[]
  from former
  where b.id = former.id
)
update timer_state s set fire_batch = null
from (
  select t.id
  from former, unnest(former.timer_ids) as k (id)
  join timer_state t on t.id = k.id
  where t.fire_batch = $1::uuid and t.id <> all($5::uuid[])
  order by t.id
  for update of t
) acknowledged
where s.id = acknowledged.id
