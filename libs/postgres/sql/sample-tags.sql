-- How many of some timers have all of these tags, and how many were looked at: runs of neighbours by id, spread evenly over the
-- time in which ids were minted. The planner's statistics cannot be asked: of a tag that their sample did not meet they know nothing.
with minted as materialized (
  select ('x' || left(replace((select id from timer_spec order by id limit 1)::text, '-', ''), 12))::bit(48)::bigint as first_ms,
    ('x' || left(replace((select id from timer_spec order by id desc limit 1)::text, '-', ''), 12))::bit(48)::bigint as last_ms
)
select count(*) filter (where neighbour.tags @> $1::text[])::int, count(*)::int
from minted
  cross join generate_series(0, $2::int - 1) as run (n)
  cross join lateral (
    select tags from timer_spec
    where id >= rpad(lpad(to_hex(first_ms + (last_ms - first_ms) * (2 * n + 1) / (2 * $2)), 12, '0'), 32, '0')::uuid
    order by id limit $3::int
  ) as neighbour
