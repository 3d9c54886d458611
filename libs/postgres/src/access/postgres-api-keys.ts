import type { Pool } from 'pg';
import type { ApiKey, ApiKeyId, ApiKeyStore, NewApiKey } from '#engine';
import type { EpochMs } from '#timer';

const columns =
  'id, name, hash, grants, created_at, created_by, expires_at, revoked_at, revoked_by, last_used_at';
/** The index refuses two that come at once; here it is those that were revoked long ago. */
const insert = `
  insert into api_key (id, name, hash, grants, created_by, expires_at)
  select $1, $2, $3::bytea, $4::text[], $5, $6::timestamptz where not exists (select from api_key where name = $2)
  on conflict do nothing returning ${columns}`;
const markUsed = `
  update api_key set last_used_at = clock_timestamp()
  where id = $1 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`;
const revoke = `
  update api_key set revoked_at = coalesce(revoked_at, clock_timestamp()), revoked_by = coalesce(revoked_by, $2)
  where id = $1 returning ${columns}`;

/** Keys are few and remembered by whoever checks them: an ordinary pool, one statement a step. */
export class PostgresApiKeys implements ApiKeyStore {
  constructor(private readonly pool: Pool) {}

  add({ id, name, hash, grants, createdBy, expiresAt }: NewApiKey): Promise<ApiKey | null> {
    const expires = expiresAt === null ? null : new Date(expiresAt);
    return this.#first(insert, [id, name, Buffer.from(hash), [...grants], createdBy, expires]);
  }

  find(id: ApiKeyId): Promise<ApiKey | null> {
    return this.#first(`select ${columns} from api_key where id = $1`, [id]);
  }

  async list(limit: number): Promise<readonly ApiKey[]> {
    const { rows } = await this.pool.query<KeyRow>(
      `select ${columns} from api_key order by created_at desc, id limit $1`,
      [limit],
    );
    return rows.map(keyOf);
  }

  revoke(id: ApiKeyId, by: string): Promise<ApiKey | null> {
    return this.#first(revoke, [id, by]);
  }

  async markUsed(id: ApiKeyId): Promise<void> {
    await this.pool.query(markUsed, [id]);
  }

  async #first(text: string, values: readonly unknown[]): Promise<ApiKey | null> {
    const { rows } = await this.pool.query<KeyRow>(text, [...values]);
    return rows[0] === undefined ? null : keyOf(rows[0]);
  }
}

interface KeyRow {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly hash: Buffer;
  readonly grants: string[];
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly revoked_by: string | null;
  readonly last_used_at: Date | null;
}

const moment = (date: Date | null): EpochMs | null => (date === null ? null : (date.getTime() as EpochMs));

const keyOf = (row: KeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  hash: row.hash,
  grants: row.grants,
  createdAt: row.created_at.getTime() as EpochMs,
  createdBy: row.created_by,
  expiresAt: moment(row.expires_at),
  revokedAt: moment(row.revoked_at),
  revokedBy: row.revoked_by,
  lastUsedAt: moment(row.last_used_at),
});
