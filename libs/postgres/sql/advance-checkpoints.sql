-- Compare and set: a second reader can only repeat what it published, never move the mark back or over a gap.
update relay_checkpoint c
set position = t.moved_to
from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as t (partition, moved_from, moved_to)
where c.partition = t.partition and c.position = t.moved_from
returning c.partition
