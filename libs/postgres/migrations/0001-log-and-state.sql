-- The log, the state that folds from it, and what one transaction writes beside them.

-- How many partitions the log has, as many as the commands topic: a power of two up to 256.
create table topology (
  only_row boolean primary key default true check (only_row),
  partitions smallint not null check (partitions between 1 and 256 and (partitions & (partitions - 1)) = 0),
  created_at timestamptz not null default clock_timestamp()
);

-- Next position of each partition. A transaction takes these rows last, in order, just before it inserts and commits:
-- positions are gapless and in commit order, and a reader can never skip.
create table log_head (
  partition smallint primary key,
  next bigint not null default 1
) with (fillfactor = 20);

create table event_log (
  position bigint not null,
  -- stamped after the head is taken, so it rises with the position
  recorded_at timestamptz not null,
  next_fire_at timestamptz,
  stream_id uuid not null,
  command_id uuid,
  version integer not null,
  partition smallint not null,
  type text not null,
  record_key text not null,
  data text not null,
  meta text
) partition by range (recorded_at);

-- One child a day, each with its own uniqueness; across children it rests on the head and on the locked state row.
create function ensure_log_partitions(days_ahead integer) returns void language plpgsql as $$
declare
  day date;
  child text;
begin
  for day in select generate_series((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + days_ahead, interval '1 day')::date loop
    child := 'event_log_' || to_char(day, 'YYYYMMDD');
    if to_regclass(quote_ident(child)) is null then
      -- another process may be doing the same this moment
      perform pg_advisory_xact_lock(hashtext('carillon.ensure_log_partitions'));
      if to_regclass(quote_ident(child)) is null then
        execute format('create table %I partition of event_log for values from (%L) to (%L)',
          child, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
        execute format('create unique index %I on %I (partition, position)', child || '_position', child);
        execute format('create unique index %I on %I (stream_id, version)', child || '_stream', child);
      end if;
    end if;
  end loop;
end $$;

-- Wide, changes rarely.
create table timer_spec (
  id uuid primary key,
  created_at timestamptz not null,
  slot smallint not null,
  namespace text collate "C" not null,
  key text collate "C" not null,
  hook_class text collate "C" not null,
  tags text[] not null,
  -- the whole spec as JSON text; the columns beside it are there to be searched
  spec text not null,
  constraint timer_spec_name unique (namespace, key)
);

-- Narrow, changes at every trigger and close. Everything but fire_batch folds from the log.
create table timer_state (
  id uuid primary key,
  next_fire_at timestamptz,
  next_tick timestamptz,
  watermark timestamptz,
  last_tick timestamptz,
  scheduled_for timestamptz,
  started_at timestamptz,
  event_id uuid,
  -- the outbox row that carries the present emission; a row that is gone has been acknowledged
  fire_batch uuid,
  version integer not null,
  attempt integer not null,
  fires integer not null,
  slot smallint not null,
  -- 0 waiting, 1 asking, 2 open, 3 paused, 4 disabled, 5 faulted, 6 ended
  status smallint not null,
  -- of the open event: 0 none, 1 asking, 2 delayed, 3 delivered, 4 retrying, 5 answered
  phase smallint not null,
  -- JSON string: what a hook left with the timer
  summary text,
  -- JSON object: what few timers have (a manual request, a worker, event data, …)
  extra text,
  -- the last few commands, as "id:version,…", newest last
  recent text not null
) with (fillfactor = 70);
create index timer_state_due on timer_state (slot, next_fire_at) where next_fire_at is not null;

-- Commands that a deleted timer had seen, kept for a day.
create table timer_tombstone (
  id uuid primary key,
  deleted_at timestamptz not null,
  namespace text collate "C" not null,
  key text collate "C" not null,
  recent text not null
);
create index timer_tombstone_name on timer_tombstone (namespace, key);
create index timer_tombstone_age on timer_tombstone (deleted_at);

-- Kafka offsets live with what they caused: a record is applied exactly once.
create table consumer_offset (
  topic text collate "C" not null,
  partition integer not null,
  next_offset bigint not null,
  primary key (topic, partition)
) with (fillfactor = 20);

create table rejection (
  sequence bigint generated always as identity primary key,
  recorded_at timestamptz not null default clock_timestamp(),
  published_at timestamptz,
  command_id uuid,
  source_offset bigint not null,
  source_partition integer not null,
  source_topic text not null,
  code text not null,
  message text not null,
  field text,
  record_key bytea,
  record_value bytea
);
create index rejection_command on rejection (command_id) where command_id is not null;
create index rejection_unpublished on rejection (sequence) where published_at is null;
create index rejection_age on rejection (recorded_at);

-- The outbox of the fire service: a row a batch. Gone when Kafka has acknowledged the whole batch.
create table fire_batch (
  id uuid primary key,
  created_at timestamptz not null default clock_timestamp(),
  claimed_until timestamptz,
  timer_ids uuid[] not null,
  versions integer[] not null
);

-- Position of the last event of a partition that the relay has published.
create table relay_checkpoint (
  partition smallint primary key,
  position bigint not null default 0
) with (fillfactor = 20);
