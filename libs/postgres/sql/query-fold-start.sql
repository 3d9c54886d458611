-- The last snapshot of a timer within a range: nothing before it need be folded. 0: there is none.
select coalesce(max(e.version), 0)
from event_log e
where e.stream_id = $1::uuid and e.version <= $2::int and e.recorded_at < $3::timestamptz and e.type = 'TimerSnapshotted'
