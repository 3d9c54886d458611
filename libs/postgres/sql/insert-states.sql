-- State rows of new timers.
insert into timer_state (id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id,
  fire_batch, version, attempt, fires, slot, status, phase, summary, extra, recent)
select id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id,
  fire_batch, version, attempt, fires, slot, status, phase, summary, extra, recent
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::uuid[],
  $9::uuid[], $10::int[], $11::int[], $12::int[], $13::smallint[], $14::smallint[], $15::smallint[], $16::text[], $17::text[], $18::text[])
  as t (id, next_fire_at, next_tick, watermark, last_tick, scheduled_for, started_at, event_id,
  fire_batch, version, attempt, fires, slot, status, phase, summary, extra, recent)
