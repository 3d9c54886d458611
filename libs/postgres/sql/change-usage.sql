-- How many live timers came and went, of namespaces that are counted: of others there is no row. Comes after the events: whoever is here
-- holds the head of the partition, so no two meet at a row, and one that begins to count a namespace has either seen a timer or is
-- seen by this statement.
update namespace_usage u set timers = u.timers + c.change
from unnest($1::text[], $2::smallint[], $3::int[]) as c (namespace, partition, change)
where u.namespace = c.namespace and u.partition = c.partition
