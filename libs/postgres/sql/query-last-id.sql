-- Who has a name, or had it last: the timer itself, its tombstone, or its creation as far back as the log goes.
select id from (
  (select p.id, 0 as rank from timer_spec p where p.namespace = $1::text and p.key = $2::text)
  union all
  (select t.id, 1 from timer_tombstone t where t.namespace = $1::text and t.key = $2::text order by t.deleted_at desc, t.id desc limit 1)
  union all
  (select e.stream_id, 2 from event_log e where e.record_key = $1::text || '/' || $2::text and e.type = 'TimerCreated'
   order by e.recorded_at desc, e.position desc limit 1)
) as known
order by rank
limit 1
