-- A log may be expanded: more partitions from some moment on. Old events stay where they are.

-- One more with each expansion; positions of readers carry it.
alter table topology add column number smallint not null default 1;

-- Each partition that an expansion made. It goes on with timers that were its parent's: none of them has an event in the
-- parent behind that position, and none here before it.
create table log_split (
  partition smallint primary key,
  topology smallint not null,
  parent smallint not null,
  parent_position bigint not null
);

-- A writer says for how many partitions it spreads timers; the expansion changes what is right under the same lock that
-- every writer takes last. So nobody writes to where timers lay before. (Nullable: a process of before this migration that
-- starts beside it makes the heads that are missing, of which there are none.)
alter table log_head add column partitions smallint, add column written_for smallint;
update log_head h set partitions = t.partitions, written_for = t.partitions from topology t;
alter table log_head add constraint log_head_topology check (written_for = partitions);
