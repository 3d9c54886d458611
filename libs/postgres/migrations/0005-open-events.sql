-- Timers with an open event, of which there are few at any time among many that wait. The one index that a trigger writes beside the
-- due one; what that costs is measured in docs/adr/0008-queries-are-sql.md.
create index timer_state_open on timer_state (status, id) where status in (1, 2);
