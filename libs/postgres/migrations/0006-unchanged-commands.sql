-- Commands that were accepted and changed nothing (a pause of a paused timer): they leave no event, and are remembered for a day as
-- refused ones are. Not unique: two that come at once from two partitions must not wait for each other.
create table unchanged_command (
  recorded_at timestamptz not null default clock_timestamp(),
  command_id uuid not null,
  timer_id uuid not null,
  version integer not null
);
create index unchanged_command_id on unchanged_command (command_id);
create index unchanged_command_age on unchanged_command (recorded_at);
