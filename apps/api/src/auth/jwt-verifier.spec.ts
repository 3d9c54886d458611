import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grantsOf } from '#engine';
import type { EpochMs } from '#timer';
import { issuerKeys } from './issuer-keys.js';
import { type JwtRules, JwtVerifier } from './jwt-verifier.js';

// A real issuer: an HTTP server with discovery and a key set, which rotates its keys when it is told to.

type Signer = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

class Issuer {
  readonly #server: Server;
  readonly asked: string[] = [];
  keys: JWK[] = [];
  /** In place of its own. */
  status = 200;
  claimedIssuer: string | null = null;

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      const body =
        request.url === '/.well-known/openid-configuration'
          ? { issuer: this.claimedIssuer ?? this.url, jwks_uri: `${this.url}/keys` }
          : { keys: this.keys };
      response.writeHead(this.status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  open = (): Promise<void> => new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  close = (): Promise<unknown> => new Promise((resolve) => this.#server.close(resolve));

  /** From now on tokens are signed by this one; those before stay in the set until `forget`. */
  async rotate(kid: string, alg = 'ES256'): Promise<Signer> {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    this.keys = [...this.keys, { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }];
    return privateKey;
  }

  forget(kid: string): void {
    this.keys = this.keys.filter((key) => key.kid !== kid);
  }
}

const issuer = new Issuer();
let signer: Signer;
let now: EpochMs;
let failures: unknown[];

beforeAll(() => issuer.open());
afterAll(() => issuer.close());
beforeEach(async () => {
  issuer.keys = [];
  issuer.asked.length = 0;
  issuer.status = 200;
  issuer.claimedIssuer = null;
  signer = await issuer.rotate('one');
  now = Date.UTC(2027, 0, 1) as EpochMs;
  failures = [];
});

const verifier = (rules: Partial<JwtRules> = {}, jwksUrl: string | null = null) =>
  new JwtVerifier(
    {
      issuer: issuer.url,
      audience: 'carillon',
      algorithms: ['ES256', 'RS256'],
      grantsClaim: 'carillon',
      clockToleranceMs: 30_000,
      ...rules,
    },
    {
      keys: issuerKeys({ issuer: issuer.url, jwksUrl, cooldownMs: 0 }),
      now: () => now,
      onError: (error) => failures.push(error),
    },
  );

interface Wish {
  readonly claims?: Record<string, unknown>;
  readonly kid?: string;
  readonly alg?: string;
  readonly key?: Signer | Uint8Array;
}
function token({ claims = {}, kid = 'one', alg = 'ES256', key = signer }: Wish = {}): Promise<string> {
  const seconds = Math.floor(now / 1_000);
  return new SignJWT({
    iss: issuer.url,
    aud: 'carillon',
    sub: 'ada',
    iat: seconds,
    exp: seconds + 600,
    carillon: ['billing:operator', 'offline_access'],
    ...claims,
  })
    .setProtectedHeader({ alg, kid })
    .sign(key);
}

describe('a token', () => {
  it('of the issuer, for this audience, proves who bears it', async () => {
    const identity = await verifier().verify(await token());
    expect(identity).toEqual({
      name: 'ada',
      grants: grantsOf(['billing:operator']),
      expiresAt: now + 600_000 + 30_000,
    });
  });

  it.each([
    ['another issuer', { iss: 'https://elsewhere.example' }],
    ['another audience', { aud: 'payroll' }],
    ['nobody', { sub: undefined }],
    ['no end', { exp: undefined }],
    ['a name that is too long', { sub: 'a'.repeat(257) }],
  ])('of %s proves nothing', async (_, claims) => {
    expect(await verifier().verify(await token({ claims }))).toBeNull();
    expect(failures).toEqual([]);
  });

  it('counts a little beyond its end and before its beginning, and no longer', async () => {
    const { verify } = bound(verifier());
    const claims = { nbf: Math.floor(now / 1_000) };
    const text = await token({ claims });
    const start = now;
    const isTakenAt = async (ms: number) => {
      now = (start + ms) as EpochMs;
      return (await verify(text)) !== null;
    };
    expect(await isTakenAt(600_000 + 29_000)).toBe(true);
    expect(await isTakenAt(600_000 + 31_000)).toBe(false);
    expect(await isTakenAt(-29_000)).toBe(true);
    expect(await isTakenAt(-31_000)).toBe(false);
  });

  it('has its grants as words, or further down in an object, or under a name with dots', async () => {
    const cases: [string, Record<string, unknown>][] = [
      ['scope', { scope: 'openid *:reader' }],
      ['realm_access.roles', { realm_access: { roles: ['*:reader', 7] } }],
      ['https://carillon.dev/grants', { 'https://carillon.dev/grants': ['*:reader'] }],
    ];
    for (const [grantsClaim, claims] of cases) {
      const identity = await verifier({ grantsClaim }).verify(await token({ claims }));
      expect(identity?.grants, grantsClaim).toEqual(grantsOf(['*:reader']));
    }
    const none = await verifier({ grantsClaim: 'constructor.name' }).verify(await token());
    expect(none?.grants.size).toBe(0);
  });
});

describe('the signature', () => {
  it('of somebody else is refused, though the key has a known name', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    expect(await verifier().verify(await token({ key: privateKey }))).toBeNull();
  });

  it('whose bearer would pass for an API key is refused', async () => {
    expect(await verifier().verify(await token({ claims: { sub: 'key:ci' } }))).toBeNull();
  });

  it('by an algorithm that is not on the list is refused before any key is fetched', async () => {
    const ps = await issuer.rotate('ps', 'PS256');
    expect(await verifier().verify(await token({ kid: 'ps', alg: 'PS256', key: ps }))).toBeNull();
    const secret = Buffer.from(JSON.stringify(issuer.keys[0]));
    expect(await verifier().verify(await token({ alg: 'HS256', key: secret }))).toBeNull();
    expect(await verifier().verify(new UnsecuredJWT({ sub: 'ada' }).encode())).toBeNull();
    expect(issuer.asked).toEqual([]);
  });

  it('that is changed, or is of changed claims, is refused', async () => {
    const [head, , signature] = (await token()).split('.');
    const [, claims] = (await token({ claims: { sub: 'root' } })).split('.');
    expect(await verifier().verify(`${head}.${claims}.${signature}`)).toBeNull();
    expect(await verifier().verify('not.a.token')).toBeNull();
    expect(failures).toEqual([]);
  });
});

describe('keys of the issuer', () => {
  it('are read once, anew when a token names one that is not known, and not taken once they are gone', async () => {
    const { verify } = bound(verifier());
    const first = await token();
    await verify(first);
    await verify(first);
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
    const second = await issuer.rotate('two');
    expect(await verify(await token({ kid: 'two', key: second }))).toMatchObject({ name: 'ada' });
    expect(await verify(first)).toMatchObject({ name: 'ada' });
    issuer.forget('one');
    await verify(await token({ kid: 'three', key: second }));
    expect(await verify(first)).toBeNull();
  });

  it('come from an address of their own where there is one', async () => {
    expect(await verifier({}, `${issuer.url}/keys`).verify(await token())).not.toBeNull();
    expect(issuer.asked).toEqual(['/keys']);
  });

  it('that cannot be read are no reason to refuse a token: ask again, and then it counts', async () => {
    const { verify } = bound(verifier());
    issuer.status = 500;
    const text = await token();
    await expect(verify(text)).rejects.toMatchObject({ problem: { code: 'not-ready', status: 503 } });
    expect(failures).toHaveLength(1);
    issuer.status = 200;
    expect(await verify(text)).toMatchObject({ name: 'ada' });
  });

  it('are not taken from an issuer that is somebody else by its own words', async () => {
    issuer.claimedIssuer = 'https://elsewhere.example';
    await expect(verifier().verify(await token())).rejects.toMatchObject({ problem: { code: 'not-ready' } });
    expect(String(failures[0])).toContain('set OIDC_ISSUER');
  });
});

const bound = (one: JwtVerifier) => ({ verify: (text: string) => one.verify(text) });
