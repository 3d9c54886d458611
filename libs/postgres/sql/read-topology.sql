-- How the log is spread over partitions, and which of them an expansion made.
select t.number, t.partitions, s.partition, s.topology, s.parent, s.parent_position
from topology t left join log_split s on true
order by s.partition
