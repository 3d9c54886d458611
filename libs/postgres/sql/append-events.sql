-- The last statement of a batch. Takes the heads of the partitions it touches, in order, and gives each event the
-- next gapless position of its partition. The moment on record never falls, also when the clock is set back. A
-- caller that counts other partitions than the log has ($10) writes nothing: the head's own constraint refuses it; and where there is
-- no such head at all, the events have no position, which is refused as well.
with fresh as (
  select * from unnest($1::smallint[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[], $8::text[], $9::text[])
    with ordinality as t (partition, stream_id, version, type, record_key, next_fire_at, command_id, data, meta, n)
), counted as (
  select partition, count(*) as events from fresh group by partition
), locked as (
  select h.partition from log_head h join counted c using (partition) order by h.partition for update of h
), head as (
  update log_head h set next = h.next + c.events, recorded_at = greatest(h.recorded_at, clock_timestamp()),
    written_for = $10::smallint
  from counted c join locked l using (partition)
  where h.partition = c.partition
  returning h.partition, h.next - c.events as base, h.recorded_at
)
insert into event_log (position, recorded_at, next_fire_at, stream_id, command_id, version, partition, type, record_key, data, meta)
select head.base - 1 + row_number() over (partition by f.partition order by f.n), coalesce(head.recorded_at, now()), f.next_fire_at, f.stream_id, f.command_id,
  f.version, f.partition, f.type, f.record_key, f.data, f.meta
from fresh f left join head using (partition)
