select pg_advisory_unlock(hashtext('carillon.relay'), p) from unnest($1::int[]) as p
