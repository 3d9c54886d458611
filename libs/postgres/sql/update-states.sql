-- State rows after their new events. The rows are locked, so the version is what it was when they were read.
-- fire_batch: a new emission takes its place; without one it stays while the event is open, and is forgotten after.
update timer_state s
set next_fire_at = t.next_fire_at, next_tick = t.next_tick, watermark = t.watermark, last_tick = t.last_tick,
  scheduled_for = t.scheduled_for, started_at = t.started_at, event_id = t.event_id,
  fire_batch = case when t.fire_batch is not null then t.fire_batch when t.phase = 0 then null else s.fire_batch end,
  version = t.version, attempt = t.attempt, fires = t.fires, status = t.status, phase = t.phase,
  summary = t.summary, extra = t.extra, recent = t.recent
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::uuid[],
  $9::uuid[], $10::int[], $11::int[], $12::int[], $13::smallint[], $14::smallint[], $15::smallint[], $16::text[], $17::text[], $18::text[])
  as t (id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id,
  fire_batch, version, attempt, fires, slot, status, phase, summary, extra, recent)
where s.id = t.id
