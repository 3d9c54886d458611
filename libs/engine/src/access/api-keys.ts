import type { EpochMs } from '#timer';
import type { ApiKeyHash, ApiKeyId } from './key-text.js';

/** What is kept of an API key: never the key itself. A key that is revoked stays, to tell who made and who ended it. */
export interface ApiKey {
  readonly id: ApiKeyId;
  /** Of whoever holds it; the actor of its commands is `key:<name>`. */
  readonly name: string;
  readonly hash: ApiKeyHash;
  /** Each `<namespace>:<role>`. */
  readonly grants: readonly string[];
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  /** Null: for ever. */
  readonly expiresAt: EpochMs | null;
  readonly revokedAt: EpochMs | null;
  readonly revokedBy: string | null;
  /** Within a minute. */
  readonly lastUsedAt: EpochMs | null;
}

export type NewApiKey = Pick<ApiKey, 'id' | 'name' | 'hash' | 'grants' | 'createdBy' | 'expiresAt'>;

export interface ApiKeyStore {
  /** Null: there is or was a key of this name. What the actor `key:<name>` did, one key did. */
  add(key: NewApiKey): Promise<ApiKey | null>;
  find(id: ApiKeyId): Promise<ApiKey | null>;
  /** The newest first. */
  list(limit: number): Promise<readonly ApiKey[]>;
  /** Null: there is no such key. One that is revoked stays as it was revoked first. */
  revoke(id: ApiKeyId, by: string): Promise<ApiKey | null>;
  /** Noted at most once a minute. */
  markUsed(id: ApiKeyId): Promise<void>;
}
