import { z } from 'zod';

const seconds = (text: string): number => Number(text) * 1_000;
const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Public keys alone: with a shared secret whoever can check a token could make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** Who is let in. */
export const authVariables = {
  CARILLON_ENV: z
    .enum(['production', 'development'])
    .default('production')
    .describe('development: without AUTH everybody may do everything'),
  AUTH: z
    .string()
    .default('')
    .transform(words)
    .pipe(z.array(z.enum(['keys', 'oidc'])))
    .describe('comma-separated ways to prove who one is: `keys`, `oidc`'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('as tokens name it in `iss`'),
  OIDC_AUDIENCE: z.string().min(1).optional().describe('as tokens name this API in `aud`'),
  OIDC_JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("the issuer's public keys; default: as its /.well-known/openid-configuration says"),
  OIDC_ALGORITHMS: z
    .string()
    .default('RS256,PS256,ES256,EdDSA')
    .transform(words)
    .pipe(z.array(z.enum(algorithms)).min(1))
    .describe('of signatures that are taken'),
  OIDC_GRANTS_CLAIM: z
    .string()
    .min(1)
    .default('carillon')
    .describe(
      'claim with grants, each `<namespace>:<role>`; a dot leads into an object, as in `realm_access.roles`',
    ),
  OIDC_CLOCK_TOLERANCE_MS: z.coerce.number().int().min(0).max(seconds('300')).default(seconds('30')),
};
export type AuthConfig = z.infer<z.ZodObject<typeof authVariables>>;

/** What is missing, so that nobody runs an open api by forgetting something. */
export function authProblems(
  config: AuthConfig,
): readonly { readonly variable: string; readonly message: string }[] {
  const { CARILLON_ENV, AUTH, OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL } = config;
  if (AUTH.length === 0 && CARILLON_ENV === 'production')
    return [
      {
        variable: 'AUTH',
        message:
          'nobody could be told apart, and in production that is refused: set AUTH=keys (make one with `carillon keys create`), ' +
          'AUTH=oidc with OIDC_ISSUER and OIDC_AUDIENCE, or, where only you can reach this process, CARILLON_ENV=development',
      },
    ];
  if (!AUTH.includes('oidc')) return [];
  const missing = Object.entries({ OIDC_ISSUER, OIDC_AUDIENCE }).flatMap(([variable, value]) =>
    value === undefined ? [{ variable, message: 'AUTH=oidc needs it' }] : [],
  );
  const plain = Object.entries({ OIDC_ISSUER, OIDC_JWKS_URL }).flatMap(([variable, url]) =>
    CARILLON_ENV === 'production' && url?.startsWith('http:')
      ? [{ variable, message: 'https, or whoever stands in between could let anybody in' }]
      : [],
  );
  return [...missing, ...plain];
}
