import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { grantsOf } from '#engine';
import type { EpochMs } from '#timer';
import type { Identity } from '../http/access.js';
import { problem } from '../http/problem-error.js';
import { keyNamePrefix } from './api-key-verifier.js';
import type { TokenVerifier } from './bearer.js';

export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly grantsClaim: string;
  readonly clockToleranceMs: number;
}

export interface JwtVerifierDeps {
  /** The issuer's public keys. */
  readonly keys: JWTVerifyGetKey;
  readonly now: () => EpochMs;
  readonly onError: (error: unknown) => void;
}

const subjectLengthMax = 256;

/** Tokens of an OpenID Connect issuer: signed by one of its keys, for this audience, within their time. */
export class JwtVerifier implements TokenVerifier {
  constructor(
    private readonly rules: JwtRules,
    private readonly deps: JwtVerifierDeps,
  ) {}

  knows(token: string): boolean {
    return token.split('.').length === 3;
  }

  async verify(token: string): Promise<Identity | null> {
    const payload = await this.#payloadOf(token);
    const { sub, exp } = payload ?? {};
    if (payload === null || sub === undefined || exp === undefined) return null;
    // such a name says that a key was used: who bears a token must not pass for one
    if (sub === '' || sub.length > subjectLengthMax || sub.startsWith(keyNamePrefix)) return null;
    return {
      name: sub,
      grants: grantsOf(textsOf(claimOf(payload, this.rules.grantsClaim))),
      expiresAt: (exp * 1_000 + this.rules.clockToleranceMs) as EpochMs,
    };
  }

  async #payloadOf(token: string): Promise<JWTPayload | null> {
    const { issuer, audience, algorithms, clockToleranceMs } = this.rules;
    try {
      if (!this.#mayBeOurs(token)) return null;
      const { payload } = await jwtVerify(token, this.deps.keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceMs / 1_000,
        currentDate: new Date(this.deps.now()),
        requiredClaims: ['sub', 'exp'],
      });
      return payload;
    } catch (error) {
      if (isRefusal(error)) return null;
      this.deps.onError(error);
      throw problem('not-ready', "the issuer's keys cannot be read just now; ask again");
    }
  }

  /** Before any key is fetched for it. */
  #mayBeOurs(token: string): boolean {
    return this.rules.algorithms.includes(decodeProtectedHeader(token).alg ?? 'none');
  }
}

/** It lies with the token; anything else lies with the issuer's keys, or with the way to them. */
const isRefusal = (error: unknown): boolean =>
  // no code of its own: what the key set's address answered
  (error instanceof errors.JOSEError &&
    error.constructor !== errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid)) ||
  // of a header that cannot be decoded
  (error instanceof TypeError && /header/i.test(error.message));

/** By its whole name, or else step by step into objects: issuers name claims by addresses, which have dots as well. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name
    .split('.')
    .reduce<unknown>(
      (at, step) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, step)
          ? (at as Record<string, unknown>)[step]
          : undefined,
      payload,
    );
}

/** A list of texts, or one text of words, as `scope` is. */
function textsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((text) => typeof text === 'string') : [];
}
