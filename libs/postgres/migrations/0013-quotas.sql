-- Quotas of namespaces: how many timers each has that have not ended, and what a refused command was told.

-- Of namespaces that are counted, all others have no row. Partition -1 is what there was when counting began, and says by being there
-- that the count is whole; the rows of the log's partitions are what came and went since. Who changes one holds the head of its
-- partition, so nobody ever waits for these rows.
create table namespace_usage (
  namespace text collate "C" not null,
  partition smallint not null,
  timers bigint not null,
  primary key (namespace, partition)
) with (fillfactor = 20);

-- Of a refusal for a rate.
alter table rejection add column retry_after_ms integer;
