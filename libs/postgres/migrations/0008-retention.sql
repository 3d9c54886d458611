-- Retention: old days of the log are dropped, timers that ended long ago are archived.

-- When the last event of a partition was recorded: moments rise with the position also where the clock is set back.
alter table log_head add column recorded_at timestamptz not null default '-infinity';

-- One day of the log. It is made beside the log and attached: `create … partition of` would wait for whoever reads the log for long
-- (pg_dump, verify), and every writer would wait behind it.
create function ensure_log_partition(day date) returns void language plpgsql as $$
declare
  child text := 'event_log_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(quote_ident(child)) is not null then return; end if;
  -- another process may be doing the same this moment
  perform pg_advisory_xact_lock(hashtext('carillon.ensure_log_partitions'));
  if to_regclass(quote_ident(child)) is not null then return; end if;
  execute format('create table %I (like event_log)', child);
  execute format('create unique index %I on %I (partition, position)', child || '_position', child);
  execute format('create unique index %I on %I (stream_id, version)', child || '_stream', child);
  execute format('create index %I on %I (record_key, recorded_at) where type = %L', child || '_name', child, 'TimerCreated');
  execute format('create index %I on %I (stream_id, version) where type = %L', child || '_snapshot', child, 'TimerSnapshotted');
  execute format('alter table event_log attach partition %I for values from (%L) to (%L)',
    child, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
end $$;

create or replace function ensure_log_partitions(days_ahead integer) returns void language sql as $$
  select ensure_log_partition(day::date)
  from generate_series((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + days_ahead, interval '1 day') as day
$$;

-- Days that are being dropped: a table that stands here belongs to nobody any more, attached or not.
create table log_partition_drop (name text primary key);

-- Timers that ended long ago, as they were then; none of them has its name any more.
create table timer_archive (
  id uuid primary key,
  archived_at timestamptz not null,
  namespace text collate "C" not null,
  key text collate "C" not null,
  -- the state as JSON text
  state text not null
);
create index timer_archive_age on timer_archive (archived_at);
