-- What the queries search by. timer_spec changes seldom, so an index on it costs a create and nothing else. timer_state changes
-- at every trigger and close: what is added there must not be touched by them, see docs/adr/0008-queries-are-sql.md.

alter table timer_spec add column enable boolean not null default true;
-- escapes are taken out before the text is read as JSON: payloads may hold ones that Postgres does not read
update timer_spec set enable = false
where (regexp_replace(spec, '\\(u[0-9a-fA-F]{4}|.)', '', 'g'))::json ->> 'enable' = 'false';

-- with the namespace, or a look-up by name might go by this index and read every namespace's timer of that key
create index timer_spec_key on timer_spec (key, namespace);
create index timer_spec_hook_class on timer_spec (hook_class, id);
create index timer_spec_disabled on timer_spec (id) where not enable;
-- a pending list would be emptied by whichever create fills it, and its batch would wait
create index timer_spec_tags on timer_spec using gin (tags) with (fastupdate = off);

-- Wider by the id, so that timers of one moment have an order and a page can begin among them.
drop index timer_state_due;
create index timer_state_due on timer_state (slot, next_fire_at, id) where next_fire_at is not null;
-- A timer that fires and closes goes between waiting and open; the statuses in which it stays have an index.
create index timer_state_at_rest on timer_state (status, id) where status in (3, 4, 5, 6);
create index timer_state_clockless on timer_state (id) where next_fire_at is null;

-- Who last had a name: one entry a timer, at its creation.
create or replace function ensure_log_partitions(days_ahead integer) returns void language plpgsql as $$
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
        execute format('create index %I on %I (record_key, recorded_at) where type = %L', child || '_name', child, 'TimerCreated');
      end if;
    end if;
  end loop;
end $$;

do $$
declare
  child text;
begin
  for child in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'event_log'::regclass loop
    execute format('create index %I on %I (record_key, recorded_at) where type = %L', child || '_name', child, 'TimerCreated');
  end loop;
end $$;
