import type { ApiKeyStore } from '#engine';
import type { Logger } from '#runtime';
import type { EpochMs } from '#timer';
import { type Authenticator, openToAll } from '../http/access.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { BearerAuthenticator, type TokenVerifier } from './bearer.js';
import type { AuthConfig } from './config.js';
import { issuerKeys } from './issuer-keys.js';
import { JwtVerifier } from './jwt-verifier.js';

export interface AuthDeps {
  readonly keys: ApiKeyStore;
  readonly now: () => EpochMs;
  readonly logger: Logger;
}

/** As the configuration wants it; one without any AUTH was let through only in development. */
export function authenticatorOf(config: AuthConfig, deps: AuthDeps): Authenticator {
  if (config.AUTH.length === 0) {
    deps.logger.warn('AUTH is not set: whoever reaches this process may do everything');
    return openToAll;
  }
  return new BearerAuthenticator(
    config.AUTH.map((way) => (way === 'keys' ? ofKeys(deps) : ofIssuer(config, deps))),
  );
}

const ofKeys = ({ keys, now, logger }: AuthDeps): TokenVerifier =>
  new ApiKeyVerifier({
    store: keys,
    now,
    onError: (error) => logger.warn({ err: error }, 'API keys cannot be read or marked'),
  });

function ofIssuer(config: AuthConfig, { now, logger }: AuthDeps): TokenVerifier {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl = null } = config;
  if (issuer === undefined || audience === undefined) throw new Error('AUTH=oidc was read without an issuer');
  return new JwtVerifier(
    {
      issuer,
      audience,
      algorithms: config.OIDC_ALGORITHMS,
      grantsClaim: config.OIDC_GRANTS_CLAIM,
      clockToleranceMs: config.OIDC_CLOCK_TOLERANCE_MS,
    },
    {
      keys: issuerKeys({ issuer, jwksUrl }),
      now,
      onError: (error) => logger.warn({ err: error }, "the issuer's keys cannot be read"),
    },
  );
}
