-- Which timers come next, and where the list goes on, before anything is sent to them.
update bulk_request
set pending = $3::text, matched = matched + $4::int, cursor = $5::text, has_more = $5::text is not null,
  claimed_until = clock_timestamp() + $6::int * interval '1 millisecond'
where id = $1::uuid and epoch = $2::int and status = 'running'
