/**
 * Hides what timers carry from everybody between the one who writes it and the one who reads it: Kafka, Postgres, backups, the API.
 * Bytes in, bytes out; an implementation may ask a key service.
 */
export interface DataCipher {
  seal(plain: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Null: these bytes are none of this cipher's. @throws UnknownKeyError, SealBrokenError */
  open(sealed: Uint8Array): Promise<Uint8Array | null> | Uint8Array | null;
}

/** It was sealed with a key that is not here. */
export class UnknownKeyError extends Error {
  readonly code = 'encryption/unknown-key';
  constructor(readonly keyId: string) {
    super(
      `it was sealed with the key ${keyId}, which is not among those that are known here: add it to open it`,
    );
    this.name = 'UnknownKeyError';
  }
}

/** The bytes were changed, or another key goes by the same id. */
export class SealBrokenError extends Error {
  readonly code = 'encryption/seal-broken';
  constructor(keyId: string) {
    super(
      `what was sealed with the key ${keyId} is not what was sealed: it was changed, or the key is another one`,
    );
    this.name = 'SealBrokenError';
  }
}
