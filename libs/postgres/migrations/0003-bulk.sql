-- One wish for all timers of a condition, and how far it has come. Kept for some days after its end.
create table bulk_request (
  id uuid primary key,
  requested_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  claimed_until timestamptz,
  -- for the turn: the one that was worked at longest ago comes next
  worked_at timestamptz not null default clock_timestamp(),
  -- rises with each claim and fences the writes of a former one
  epoch integer not null default 0,
  matched integer not null default 0,
  applied integer not null default 0,
  has_more boolean not null default true,
  status text not null default 'running' check (status in ('running', 'done', 'cancelled')),
  actor text,
  -- JSON, as `refusals` and `pending` are
  action text not null,
  condition text not null,
  -- where the list of timers goes on; null: at its beginning
  cursor text,
  refusals text not null default '[]',
  -- taken up, outcome not noted yet
  pending text not null default '[]'
) with (fillfactor = 50);
create index bulk_request_turn on bulk_request (worked_at) where status = 'running';
create index bulk_request_age on bulk_request (requested_at);
