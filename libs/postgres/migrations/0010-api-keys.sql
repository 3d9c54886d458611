-- Who may use the HTTP API by a key. Rows stay when keys end: they tell who made and who revoked which right.
create table api_key (
  id text primary key,
  name text not null,
  -- SHA-256 of the secret, which is nowhere
  hash bytea not null check (octet_length(hash) = 32),
  -- each <namespace>:<role>
  grants text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  last_used_at timestamptz
);
create unique index api_key_name on api_key (name) where revoked_at is null;
