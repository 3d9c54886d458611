-- A timer that was archived, as it was then.
select a.state from timer_archive a where a.id = $1::uuid
