-- Where this database stands among those that hold the timers together: it has the slots with slot % databases = number.
create table database_place (
  only_row boolean primary key default true check (only_row),
  number smallint not null,
  databases smallint not null check (databases between 1 and 256 and (databases & (databases - 1)) = 0),
  check (number between 0 and databases - 1)
);
-- one that was set up before this table holds every timer
insert into database_place (number, databases) select 0, 1 from topology;
