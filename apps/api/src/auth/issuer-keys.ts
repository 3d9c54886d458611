import { createRemoteJWKSet, type JWTVerifyGetKey, type RemoteJWKSetOptions } from 'jose';
import { z } from 'zod';

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const fetchTimeoutMs = 5_000;
/** After a key that is not known: so often are keys read anew at most, however many such tokens come. */
const cooldownMs = 30_000;

export interface IssuerKeysSettings {
  readonly issuer: string;
  /** Null: as the issuer's own configuration says. */
  readonly jwksUrl: string | null;
  readonly cooldownMs?: number;
}

/** The issuer's public keys, read when they are first needed and again when a token names one that is not among them. */
export function issuerKeys(settings: IssuerKeysSettings): JWTVerifyGetKey {
  const options: RemoteJWKSetOptions = {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: settings.cooldownMs ?? cooldownMs,
  };
  let keys: Promise<JWTVerifyGetKey> | null = null;
  const find = async (): Promise<JWTVerifyGetKey> =>
    createRemoteJWKSet(new URL(settings.jwksUrl ?? (await jwksUrlOf(settings.issuer))), options);
  return async (header, token) => {
    keys ??= find();
    const found = await keys.catch((error: unknown) => {
      keys = null;
      throw error;
    });
    return found(header, token);
  };
}

/** OpenID Connect Discovery 1.0. @throws if the issuer says it is somebody else, or does not answer */
async function jwksUrlOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(fetchTimeoutMs) });
  if (!answer.ok)
    throw new Error(
      `${url} answers ${answer.status}: is OIDC_ISSUER right? OIDC_JWKS_URL names the keys directly`,
    );
  const told = discovery.parse(await answer.json());
  if (told.issuer !== issuer)
    throw new Error(`${url} is of ${told.issuer}: set OIDC_ISSUER to that, letter by letter`);
  return told.jwks_uri;
}
