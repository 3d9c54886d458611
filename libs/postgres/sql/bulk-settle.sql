-- The outcomes of a page. The last page ends the bulk, unless it was cancelled; otherwise it is anybody's again.
update bulk_request
set applied = applied + $3::int, refusals = $4::text, pending = '[]', claimed_until = null, worked_at = clock_timestamp(),
  status = case when status = 'running' and not has_more then 'done' else status end,
  ended_at = case when status = 'running' and not has_more then clock_timestamp() else ended_at end
where id = $1::uuid and epoch = $2::int
