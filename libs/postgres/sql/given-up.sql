-- Which of these versions were give-ups: their dead letters are owed whatever has become of the timer.
select e.stream_id, e.version
from unnest($1::uuid[], $2::int[]) as k (stream_id, version)
join event_log e on e.stream_id = k.stream_id and e.version = k.version
where e.type = 'EventGivenUp'
