import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type DataCipher, SealBrokenError, UnknownKeyError } from './data-cipher.js';

export interface AesGcmKeys {
  /** By id, of 1 to 64 letters, digits, dots, - or _. Each has 32 bytes. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** What is sealed from now on is sealed with this one; the others open what was sealed before. */
  readonly current: string;
}

// magic (4) | length of the key id (1) | key id | nonce (12) | ciphertext | tag (16). Everything before the nonce is authenticated as well.

const magic = Buffer.from('CRN1', 'latin1');
const keyIdForm = /^[A-Za-z0-9._-]{1,64}$/;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM with a random nonce: good for four billion payloads a key, then rotate. */
export class AesGcmCipher implements DataCipher {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #current: string;

  /** @throws if a key has another length, or the current one is not there */
  constructor({ keys, current }: AesGcmKeys) {
    this.#keys = new Map(Object.entries(keys));
    this.#current = current;
    for (const [id, key] of this.#keys) {
      if (!keyIdForm.test(id))
        throw new Error(`the id of a key has 1 to 64 letters, digits, dots, - or _: ${id}`);
      if (key.byteLength !== keyBytes)
        throw new Error(`the key ${id} has ${key.byteLength} bytes; it needs ${keyBytes}`);
    }
    if (!this.#keys.has(current)) throw new Error(`the current key ${current} is not among the keys`);
  }

  seal(plain: Uint8Array): Uint8Array {
    const header = headerOf(this.#current);
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#keyOf(this.#current), nonce).setAAD(header);
    return Buffer.concat([header, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  open(sealed: Uint8Array): Uint8Array | null {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const keyId = keyIdOf(bytes);
    if (keyId === null) return null;
    const key = this.#keyOf(keyId);
    const header = headerOf(keyId);
    const nonce = bytes.subarray(header.length, header.length + nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(header)
      .setAuthTag(bytes.subarray(-tagBytes));
    try {
      const text = bytes.subarray(header.length + nonceBytes, -tagBytes);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    } catch {
      throw new SealBrokenError(keyId);
    }
  }

  #keyOf(id: string): Uint8Array {
    const key = this.#keys.get(id);
    if (key === undefined) throw new UnknownKeyError(id);
    return key;
  }
}

const headerOf = (keyId: string): Buffer =>
  Buffer.concat([magic, Buffer.from([keyId.length]), Buffer.from(keyId, 'latin1')]);

/** Null: no bytes of this form. */
function keyIdOf(bytes: Buffer): string | null {
  const length = bytes[magic.length] ?? 0;
  const least = magic.length + 1 + length + nonceBytes + tagBytes;
  if (bytes.length < least || !bytes.subarray(0, magic.length).equals(magic)) return null;
  const id = bytes.toString('latin1', magic.length + 1, magic.length + 1 + length);
  return keyIdForm.test(id) ? id : null;
}
