import { describe, expect, it } from 'vitest';
import { apiSchema } from '../config.js';

const problemsOf = (env: Record<string, string>): string[] => {
  const read = apiSchema.safeParse({ KAFKA_BROKERS: 'none:1', DATABASE_URL: 'postgres://none/none', ...env });
  return (read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
};
const oidc = { AUTH: 'oidc', OIDC_ISSUER: 'https://id.example', OIDC_AUDIENCE: 'carillon' };

describe('an api in production', () => {
  it('does not start open, and says what to set', () => {
    const [problem] = problemsOf({});
    expect(problem).toMatch(/^AUTH: .*AUTH=keys.*carillon keys create.*AUTH=oidc.*CARILLON_ENV=development/);
    expect(problemsOf({ CARILLON_ENV: 'production', AUTH: ' , ' })).toHaveLength(1);
  });
  it('starts with keys, an issuer, or both', () => {
    expect(problemsOf({ AUTH: 'keys' })).toEqual([]);
    expect(problemsOf(oidc)).toEqual([]);
    expect(problemsOf({ ...oidc, AUTH: 'keys, oidc' })).toEqual([]);
  });
  it('needs a whole issuer, over TLS', () => {
    expect(problemsOf({ AUTH: 'oidc' }).map((text) => text.split(':')[0])).toEqual([
      'OIDC_ISSUER',
      'OIDC_AUDIENCE',
    ]);
    expect(problemsOf({ ...oidc, OIDC_ISSUER: 'http://id.example' })[0]).toMatch(/^OIDC_ISSUER: https/);
    expect(problemsOf({ ...oidc, OIDC_JWKS_URL: 'http://id.example/k' })[0]).toMatch(/^OIDC_JWKS_URL: https/);
  });
  it.each(['none', 'HS256', 'RS256,HS512', ''])('takes no signatures by %j', (OIDC_ALGORITHMS) =>
    expect(problemsOf({ ...oidc, OIDC_ALGORITHMS })).not.toEqual([]),
  );
  it('knows no other way in', () => expect(problemsOf({ AUTH: 'keys,none' })).not.toEqual([]));
});

describe('an api in development', () => {
  it('is open without AUTH', () => expect(problemsOf({ CARILLON_ENV: 'development' })).toEqual([]));
});
