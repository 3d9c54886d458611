import type { ApiKey, ApiKeyId, ApiKeyStore, NewApiKey } from '#engine';
import type { EpochMs } from '#timer';

const minuteMs = 60_000;

/** API keys on a plain map, by the rules of the database. */
export class InMemoryApiKeys implements ApiKeyStore {
  readonly #keys = new Map<ApiKeyId, ApiKey>();

  constructor(private readonly now: () => EpochMs) {}

  add(key: NewApiKey): Promise<ApiKey | null> {
    const isTaken = [...this.#keys.values()].some(({ id, name }) => id === key.id || name === key.name);
    if (isTaken) return Promise.resolve(null);
    const unused = { revokedAt: null, revokedBy: null, lastUsedAt: null };
    return Promise.resolve(this.#keep({ ...key, createdAt: this.now(), ...unused }));
  }

  find(id: ApiKeyId): Promise<ApiKey | null> {
    return Promise.resolve(this.#keys.get(id) ?? null);
  }

  list(limit: number): Promise<readonly ApiKey[]> {
    return Promise.resolve([...this.#keys.values()].reverse().slice(0, limit));
  }

  revoke(id: ApiKeyId, by: string): Promise<ApiKey | null> {
    const key = this.#keys.get(id);
    if (key === undefined || key.revokedAt !== null) return Promise.resolve(key ?? null);
    return Promise.resolve(this.#keep({ ...key, revokedAt: this.now(), revokedBy: by }));
  }

  markUsed(id: ApiKeyId): Promise<void> {
    const key = this.#keys.get(id);
    const now = this.now();
    if (key !== undefined && (key.lastUsedAt === null || key.lastUsedAt < now - minuteMs))
      this.#keep({ ...key, lastUsedAt: now });
    return Promise.resolve();
  }

  #keep(key: ApiKey): ApiKey {
    this.#keys.set(key.id, key);
    return key;
  }
}
