-- Commands that were accepted and changed nothing, with the timer as they met it.
insert into unchanged_command (command_id, timer_id, version)
select * from unnest($1::uuid[], $2::uuid[], $3::int[])
