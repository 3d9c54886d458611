-- The lease counts from now, unless it is another worker's or the bulk was given back.
update bulk_request set claimed_until = clock_timestamp() + $3::int * interval '1 millisecond'
where id = $1::uuid and epoch = $2::int and claimed_until is not null
