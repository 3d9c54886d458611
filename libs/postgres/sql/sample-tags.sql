-- Of some timers: how many there are, how many have all of these tags, in how many of the places these were met, and how many come after an id
-- (null: after nothing) and before the first tagged one that does. Places are spread evenly over the pages of the table, so it meets timers of
-- every age, the same ones each time until the table grows; a place goes on to the next pages if the first holds too few.
-- The planner's statistics cannot be asked: of a tag that their sample did not meet they know nothing.
with sampled as materialized (
  select place.n, neighbour.id, neighbour.tags @> $1::text[] as is_tagged, ($4::uuid is null or neighbour.id > $4) as is_ahead
  from (select pg_relation_size('timer_spec') / current_setting('block_size')::int as pages) as size
    cross join generate_series(0, $2::int - 1) as place (n)
    cross join lateral (select pages * (2 * place.n + 1) / (2 * $2) as page) as first
    cross join lateral (
      select id, tags from timer_spec
      where ctid >= format('(%s,0)', page)::tid and ctid < format('(%s,0)', page + 4)::tid
      limit $3::int
    ) as neighbour
),
next as materialized (select id from sampled where is_tagged and is_ahead order by id limit 1)
select count(*)::int, count(*) filter (where is_tagged)::int, count(distinct n) filter (where is_tagged)::int,
  count(*) filter (where is_ahead and (id < (select id from next)) is not false)::int
from sampled
