import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimerRecord } from '#contract';
import { grantsOf } from '#engine';
import { recentMax } from '../bulk/bulk.controller.js';
import type { Authenticator, Identity } from '../http/access.js';
import { openWorld, type World } from '../spec-dsl.js';

// Whoever asks is named by the `who` header: `<name>` with the grants below, or nobody.

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };
const grants: Readonly<Record<string, readonly string[]>> = {
  root: ['*:admin'],
  reader: ['a:reader'],
  operator: ['a:operator'],
  mixed: ['a:operator', 'b:reader'],
  stranger: ['c:admin'],
  guest: [],
};
const later = { prefer: 'respond-async' };
const byHeader: Authenticator = {
  authenticate: ({ headers }) => {
    const name = String(headers.who);
    const held = grants[name];
    const identity: Identity | null =
      held === undefined ? null : { name, grants: grantsOf(held), expiresAt: null };
    return Promise.resolve(identity);
  },
};

interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
}
interface Timer {
  readonly namespace: string;
  readonly id: string;
}

let world: World;
let operations: readonly Operation[];
let a: Timer;
let b: Timer;
/** Of a command and of a bulk on timers of `b`. */
let refusedInB: string;
let bulkOfRoot: string;

beforeAll(async () => {
  world = await openWorld({}, byHeader);
  const { paths = {} } = (await ask('root', 'GET', '/openapi.json')).body;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase() as Operation['method'], path })),
  );
  [a, b] = [await create('a'), await create('b')];
  const late = await ask('root', 'POST', `/v1/timers/${b.id}/resume`, {}, later);
  refusedInB = String(late.body.commandId);
  bulkOfRoot = String((await ask('root', 'POST', '/v1/bulk', { action: 'pause', condition: {} })).body.id);
});
afterAll(() => world.close());

interface Body {
  /** Where it is no JSON. */
  readonly text?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly status?: string;
  readonly id?: string;
  readonly commandId?: string;
  readonly count?: number;
  readonly next?: string;
  readonly applied?: number;
  readonly matched?: unknown;
  readonly paths?: Readonly<Record<string, object>>;
  readonly timer?: TimerRecord;
  readonly timers?: readonly TimerRecord[];
  readonly bulks?: readonly { readonly id: string; readonly actor?: string }[];
  readonly outcomes?: readonly { readonly status: number }[];
}
interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, unknown>>;
}
async function ask(
  who: string,
  method: Operation['method'],
  url: string,
  payload?: object,
  more: Record<string, string> = {},
): Promise<Answer> {
  const headers = { who, ...more };
  const answer = await world.app.inject({ method, url, headers, ...(payload && { payload }) });
  const isJson = String(answer.headers['content-type']).includes('json');
  // a page and the metrics are looked at as a whole
  const body = isJson ? answer.json<Body>() : { text: answer.body };
  return { status: answer.statusCode, body, headers: answer.headers };
}
async function create(namespace: string): Promise<Timer> {
  const { body } = await ask('root', 'POST', '/v1/timers', { namespace, key: 'k', ...hourly });
  return { namespace, id: String(body.id) };
}
const urlOf = (path: string, { namespace, id }: Timer): string =>
  path
    .replace('{timerId}', id)
    .replace('{namespace}', namespace)
    .replace('{key}', 'k')
    .replace('{commandId}', refusedInB)
    .replace('{bulkId}', bulkOfRoot);

/** Bodies that these operations would take from somebody who may. */
const bodyOf = ({ method, path }: Operation, namespace: string): object | undefined => {
  if (method !== 'POST' && method !== 'PATCH') return undefined;
  if (path === '/v1/timers') return { namespace, key: 'new', ...hourly };
  if (path === '/v1/bulk') return { action: 'pause', condition: { namespace }, dryRun: true };
  if (path === '/v1/preview') return { timerId: b.id, set: {} };
  if (path === '/v1/timers/batch') return { timers: [{ namespace, key: 'new', ...hourly }] };
  return {};
};
const isOfOneTimer = ({ path }: Operation): boolean => /\{timerId\}|\{key\}/.test(path);
const reads = ['/v1/timers/query', '/v1/timers/count', '/v1/preview'];
const isRead = ({ method, path }: Operation): boolean =>
  (method === 'GET' && !path.startsWith('/v1/bulk')) || reads.includes(path);

describe('every operation of the document', () => {
  it('is walked', () => expect(operations.length).toBeGreaterThan(40));

  it('asks for credentials', async () => {
    for (const operation of operations) {
      const url = urlOf(operation.path, a);
      const { status, headers, body } = await ask('nobody', operation.method, url, bodyOf(operation, 'a'));
      expect([`${operation.method} ${url}`, status, body.code]).toEqual([
        `${operation.method} ${url}`,
        401,
        'unauthenticated',
      ]);
      expect(headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  it('does nothing for somebody without any grant', async () => {
    for (const operation of operations) {
      const url = urlOf(operation.path, a);
      const { status } = await ask('guest', operation.method, url, bodyOf(operation, 'a'));
      expect([url, status]).toEqual([url, 403]);
    }
  });

  it('changes nothing for a reader', async () => {
    const changes = operations.filter((operation) => !isRead(operation));
    expect(changes.length).toBeGreaterThan(30);
    for (const operation of changes) {
      const url = urlOf(operation.path, a);
      const { status } = await ask('reader', operation.method, url, bodyOf(operation, 'a'));
      expect([`${operation.method} ${url}`, status]).toEqual([`${operation.method} ${url}`, 403]);
    }
  });

  it('of one timer is not there for somebody of another namespace', async () => {
    const some = operations.filter(isOfOneTimer);
    expect(some.length).toBeGreaterThan(36);
    for (const who of ['stranger', 'operator'])
      for (const operation of some) {
        const url = urlOf(operation.path, b);
        const { status, body } = await ask(who, operation.method, url, bodyOf(operation, 'b'));
        // by its name a command says no more than that the namespace is foreign, whether the timer is there or not
        const isNamedCommand = !isRead(operation) && operation.path.includes('{key}');
        expect([`${operation.method} ${url}`, status, body.code]).toEqual([
          `${operation.method} ${url}`,
          ...(isNamedCommand ? [403, 'forbidden'] : [404, 'timer-not-exist']),
        ]);
      }
  });

  it('sends no command at all for those who may not', async () => {
    const before = world.sent.length;
    for (const operation of operations.filter((one) => !isRead(one)))
      for (const who of ['nobody', 'guest', 'reader', 'stranger'])
        await ask(who, operation.method, urlOf(operation.path, b), bodyOf(operation, 'b'));
    expect(world.sent.length - before).toBe(0);
  });
});

describe('somebody of one namespace', () => {
  it('finds no timer of another, however the condition is put', async () => {
    const conditions = [
      {},
      { namespace: 'b' },
      { or: [{ namespace: 'b' }, { namespace: 'a' }] },
      { not: {} },
    ];
    for (const condition of [...conditions, { not: { namespace: 'a' } }, { id: b.id }]) {
      const { body } = await ask('reader', 'POST', '/v1/timers/query', { condition });
      expect(body.timers?.filter(({ namespace }) => namespace !== 'a')).toEqual([]);
      const count = await ask('reader', 'POST', '/v1/timers/count', { condition });
      expect(count.body.count).toBe(body.timers?.length);
    }
    expect((await ask('reader', 'GET', '/v1/timers?namespace=b')).body.timers).toEqual([]);
  });

  it('cannot go on with the cursor of somebody who sees more', async () => {
    await ask('root', 'POST', '/v1/timers', { namespace: 'b', key: 'l', ...hourly });
    const first = await ask('root', 'GET', '/v1/timers?limit=1');
    const { status, body } = await ask('reader', 'GET', `/v1/timers?limit=1&after=${first.body.next}`);
    expect([status, body.code]).toEqual([400, 'invalid-cursor']);
  });

  it('is told by the preview of a bulk of its own timers alone', async () => {
    const { body } = await ask('operator', 'POST', '/v1/bulk', {
      action: 'pause',
      condition: {},
      dryRun: true,
    });
    expect(body.matched).toEqual({ count: 1, isExact: true });
  });

  it('changes by a bulk its own timers alone', async () => {
    const begun = await ask('operator', 'POST', '/v1/bulk', {
      action: 'pause',
      condition: { or: [{ namespace: 'b' }, { namespace: 'a' }] },
    });
    const sentBefore = world.sent.length;
    await world.workBulksOff();
    const touched = world.sent.slice(sentBefore).filter(({ options }) => options.actor === 'operator');
    expect(touched.map(({ command }) => command.namespace)).toEqual(['a']);
    expect((await ask('operator', 'GET', `/v1/bulk/${begun.body.id}`)).body).toMatchObject({ applied: 1 });
  });

  it('sees and cancels no bulk of others', async () => {
    expect((await ask('operator', 'GET', `/v1/bulk/${bulkOfRoot}`)).body.code).toBe('bulk-not-found');
    expect((await ask('operator', 'DELETE', `/v1/bulk/${bulkOfRoot}`)).body.code).toBe('bulk-not-found');
  });

  it('sees its own bulks, however many of others came later', async () => {
    const own = await ask('operator', 'POST', '/v1/bulk', { action: 'pause', condition: { key: 'none' } });
    for (let n = 0; n < recentMax; n += 1)
      await ask('root', 'POST', '/v1/bulk', { action: 'pause', condition: { key: 'none' } });
    const { body } = await ask('operator', 'GET', '/v1/bulk');
    const told = body.bulks ?? [];
    expect(told[0]?.id).toBe(own.body.id);
    expect(told.every(({ actor }) => actor === 'operator')).toBe(true);
    expect((await ask('root', 'GET', '/v1/bulk')).body.bulks).toHaveLength(recentMax);
  });

  it('reads no receipt of a command elsewhere, whichever timer it names', async () => {
    expect((await ask('root', 'GET', `/v1/commands/${refusedInB}`)).body.status).toBe('rejected');
    for (const query of [
      '',
      `?timerId=${a.id}`,
      `?timerId=${b.id}`,
      '?namespace=a&key=k',
      '?namespace=b&key=k',
    ]) {
      const { status, body } = await ask('reader', 'GET', `/v1/commands/${refusedInB}${query}`);
      expect([query, status, body.code]).toEqual([query, 404, 'command-not-found']);
    }
    const applied = await ask('root', 'PATCH', `/v1/timers/${b.id}`, { tags: ['x'] }, later);
    const receipt = `/v1/commands/${applied.body.commandId}?timerId=${b.id}`;
    expect((await ask('root', 'GET', receipt)).body.timer?.namespace).toBe('b');
    expect((await ask('reader', 'GET', receipt)).body.code).toBe('command-not-found');
    const own = await ask('operator', 'PATCH', `/v1/timers/${a.id}`, { tags: ['x'] }, later);
    expect(
      (await ask('reader', 'GET', `/v1/commands/${own.body.commandId}?timerId=${a.id}`)).body.timer?.id,
    ).toBe(a.id);
  });

  it('gets the first outcome of a deletion by id again, and is refused anything new', async () => {
    const timer = { namespace: 'a', key: 'short-lived', ...hourly };
    const url = `/v1/timers/${(await ask('operator', 'POST', '/v1/timers', timer)).body.id}`;
    const once = { 'idempotency-key': 'once' };
    const first = await ask('operator', 'DELETE', url, undefined, once);
    expect(first.status).toBe(200);
    const sentBefore = world.sent.length;
    const again = await ask('operator', 'DELETE', url, undefined, once);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(world.sent).toHaveLength(sentBefore);
    for (const more of [{}, { 'idempotency-key': 'another' }]) {
      const { status, body } = await ask('operator', 'DELETE', url, undefined, more);
      expect([status, body.code]).toEqual([404, 'timer-not-exist']);
    }
    const { status, body } = await ask('stranger', 'DELETE', url, undefined, once);
    expect([status, body.code]).toEqual([404, 'timer-not-exist']);
  });

  it('previews no change of a timer elsewhere', async () => {
    const { body } = await ask('reader', 'POST', '/v1/preview', { timerId: b.id, set: {} });
    expect(body.code).toBe('timer-not-exist');
  });
});

describe('somebody with a role for each namespace', () => {
  it('reads where they may read, and is told why they may do no more', async () => {
    expect((await ask('mixed', 'GET', `/v1/timers/${b.id}`)).status).toBe(200);
    const { status, body } = await ask('mixed', 'POST', `/v1/timers/${b.id}/trigger`, {});
    expect([status, body.detail]).toEqual([403, 'in the namespace b you may only read']);
    const { body: batch } = await ask('mixed', 'POST', '/v1/timers/batch', {
      timers: ['a', 'b'].map((namespace) => ({ namespace, key: 'm', ...hourly })),
    });
    expect(batch.outcomes?.map((outcome) => outcome.status)).toEqual([201, 403]);
  });
});

describe('what is open to everybody', () => {
  it('is this list alone', async () => {
    const routes = world.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
    const tops = [...routes.matchAll(/^[├└]── (\S+)/gm)].map(([, path]) => path);
    const known = [
      '/docs',
      '/openapi.json',
      '/asyncapi.json',
      '/schemas/:name',
      '/health',
      '/metrics',
      '/v1',
      '*',
    ];
    expect(tops.filter((path) => !known.some((one) => path?.startsWith(one)))).toEqual([]);
    for (const url of [
      '/docs',
      '/docs/start.js',
      '/openapi.json',
      '/asyncapi.json',
      '/health/live',
      '/metrics',
    ])
      expect([url, (await ask('nobody', 'GET', url)).status]).toEqual([url, 200]);
  });
  it('names no timer', async () => {
    for (const url of ['/metrics', '/openapi.json', '/health/ready'])
      expect(JSON.stringify((await ask('nobody', 'GET', url)).body)).not.toContain(b.id);
  });
});
