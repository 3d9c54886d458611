import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

// `carillon_<id>_<secret>`: the id finds the row, the secret of 256 random bits proves the right to it. Nobody can guess such a
// secret, so a fast hash keeps it as well as a slow one would, and a request need not pay for a slow one.

export type ApiKeyId = string & { readonly brand: 'ApiKeyId' };
export type ApiKeyHash = Uint8Array;

export interface ApiKeyText {
  readonly id: ApiKeyId;
  readonly secret: string;
}
export interface MintedApiKey {
  readonly id: ApiKeyId;
  /** Shown once, kept nowhere. */
  readonly text: string;
  readonly hash: ApiKeyHash;
}

const idBytes = 8;
const secretBytes = 32;
const keyForm = /^carillon_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export function mintApiKey(): MintedApiKey {
  const id = randomBytes(idBytes).toString('hex') as ApiKeyId;
  const secret = randomBytes(secretBytes).toString('base64url');
  return { id, text: `carillon_${id}_${secret}`, hash: hashOf(secret) };
}

/** Null: no key of ours. */
export function parseApiKey(text: string): ApiKeyText | null {
  const [, id, secret] = keyForm.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id: id as ApiKeyId, secret };
}

/** Takes as long for a wrong secret as for the right one. */
export function fits({ secret }: ApiKeyText, hash: ApiKeyHash): boolean {
  const given = hashOf(secret);
  return given.byteLength === hash.byteLength && timingSafeEqual(given, hash);
}

const hashOf = (secret: string): ApiKeyHash => createHash('sha256').update(secret).digest();
