import { LRUCache } from 'lru-cache';
import { type ApiKey, type ApiKeyId, type ApiKeyStore, fits, grantsOf, parseApiKey } from '#engine';
import type { EpochMs } from '#timer';
import type { Identity } from '../http/access.js';
import { problem } from '../http/problem-error.js';
import type { TokenVerifier } from './bearer.js';

export interface ApiKeyVerifierDeps {
  readonly store: Pick<ApiKeyStore, 'find' | 'markUsed'>;
  readonly now: () => EpochMs;
  readonly onError: (error: unknown) => void;
}

/** A revoked key is refused after so long at the latest. */
export const keyCacheMs = 5_000;
/** Of the names that keys prove; no token may have one. */
export const keyNamePrefix = 'key:';
const cachedKeysMax = 10_000;

interface Known {
  /** Null: nobody's. */
  readonly key: ApiKey | null;
  isMarked: boolean;
}

/** API keys from the database, each remembered for a moment; ids that are nobody's as well. */
export class ApiKeyVerifier implements TokenVerifier {
  readonly #known: LRUCache<ApiKeyId, Known>;

  constructor(
    private readonly deps: ApiKeyVerifierDeps,
    cacheMs = keyCacheMs,
  ) {
    this.#known = new LRUCache({ max: cachedKeysMax, ttl: cacheMs });
  }

  knows(token: string): boolean {
    return parseApiKey(token) !== null;
  }

  async verify(token: string): Promise<Identity | null> {
    const text = parseApiKey(token);
    if (text === null) return null;
    const known = await this.#find(text.id);
    const { key } = known;
    if (key === null || !fits(text, key.hash) || !this.#isValid(key)) return null;
    this.#mark(key.id, known);
    return { name: `${keyNamePrefix}${key.name}`, grants: grantsOf(key.grants), expiresAt: key.expiresAt };
  }

  async #find(id: ApiKeyId): Promise<Known> {
    const cached = this.#known.get(id);
    if (cached !== undefined) return cached;
    const key = await this.deps.store.find(id).catch((error: unknown) => {
      this.deps.onError(error);
      throw problem('not-ready', 'keys cannot be looked up just now; ask again');
    });
    const known = { key, isMarked: false };
    this.#known.set(id, known);
    return known;
  }

  #isValid({ revokedAt, expiresAt }: ApiKey): boolean {
    return revokedAt === null && (expiresAt === null || this.deps.now() < expiresAt);
  }

  /** Once each time that it is read; whoever asks is not kept waiting. */
  #mark(id: ApiKeyId, known: Known): void {
    if (known.isMarked) return;
    known.isMarked = true;
    this.deps.store.markUsed(id).catch(this.deps.onError);
  }
}
