import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientOverloadedError, CommandTimeoutError } from '#client';
import { problemSchema, type TimerRecord, timerRecordSchema } from '#contract';
import { grantsOf } from '#engine';
import { SendQueueFull } from '#kafka';
import type { EpochMs, TimerId } from '#timer';
import type { Identity } from './http/access.js';
import { openWorld, type World } from './spec-dsl.js';

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

async function ask(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await world.app.inject({
    method,
    url,
    headers,
    ...(body !== undefined && { payload: body as object }),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>),
  };
}
const create = async (key = 'k', more: object = {}): Promise<TimerRecord> =>
  (await ask('POST', '/v1/timers', { key, ...hourly, ...more })).body as TimerRecord;

describe('making and reading a timer', () => {
  it('answers 201 with the timer, its ETag and where it is', async () => {
    const { status, headers, body } = await ask('POST', '/v1/timers', { key: 'k', ...hourly, tags: ['eu'] });
    expect(status).toBe(201);
    expect(headers).toMatchObject({ etag: '"1"', location: `/v1/timers/${body.id}` });
    expect(timerRecordSchema.parse(body)).toMatchObject({
      namespace: 'default',
      key: 'k',
      tags: ['eu'],
      version: 1,
    });
  });
  it('finds it by its id and by its name, whatever characters that has', async () => {
    const key = 'a/b c%é?#\u{1f514}';
    const made = await create(key);
    const byName = await ask('GET', `/v1/namespaces/default/timers/${encodeURIComponent(key)}`);
    expect(byName.body).toEqual(made);
    expect((await ask('GET', `/v1/timers/${made.id}`)).body).toEqual(made);
  });
  it('finds a key of 256 characters of four bytes', async () => {
    const key = '\u{1f514}'.repeat(128);
    await create(key);
    expect((await ask('GET', `/v1/namespaces/default/timers/${encodeURIComponent(key)}`)).status).toBe(200);
  });
  it('answers 304 to whoever has this version already', async () => {
    const { id } = await create();
    const headers = { 'if-none-match': '"1"' };
    expect((await ask('GET', `/v1/timers/${id}`, undefined, headers)).status).toBe(304);
  });
  it('shows a timer as it was at a version and at a moment, also when it is gone', async () => {
    const { id } = await create('k', { tags: ['first'] });
    world.now = (world.now + 60_000) as EpochMs;
    await ask('PATCH', `/v1/timers/${id}`, { tags: ['second'] });
    await ask('DELETE', `/v1/timers/${id}`);
    expect((await ask('GET', `/v1/timers/${id}?version=1`)).body.tags).toEqual(['first']);
    expect((await ask('GET', `/v1/timers/${id}?at=2027-03-27T12:00:30Z`)).body.tags).toEqual(['first']);
    expect((await ask('GET', `/v1/namespaces/default/timers/k?version=2`)).body.tags).toEqual(['second']);
    expect((await ask('GET', `/v1/timers/${id}?at=2027-03-27T11:00:00Z`)).body.code).toBe('timer-not-exist');
    expect((await ask('GET', `/v1/timers/${id}`)).status).toBe(404);
  });
  it('says that the log does not reach back that far', async () => {
    const { id } = await create();
    await ask('PATCH', `/v1/timers/${id}`, { tags: ['x'] });
    world.store.forgetBefore(id as TimerId, 2);
    const { status, body } = await ask('GET', `/v1/timers/${id}?version=1`);
    expect([status, body.code]).toEqual([410, 'history-expired']);
  });
});

describe('commands', () => {
  it('of a change take recall beside its fields: with it alone the hook class changes', async () => {
    const { id } = await create();
    const fixed = await ask('PATCH', `/v1/timers/${id}`, { hookClass: 'other' });
    expect([fixed.status, fixed.body.field]).toEqual([422, 'hookClass']);
    expect(fixed.body.detail).toContain('recall: true');
    const changed = await ask('PATCH', `/v1/timers/${id}`, { hookClass: 'other', recall: true });
    expect([changed.status, changed.body.hookClass]).toEqual([200, 'other']);
    const unclear = await ask('PATCH', `/v1/timers/${id}`, { recall: 'yes' });
    expect([unclear.status, unclear.body.field]).toEqual([422, 'recall']);
  });
  it('refuse with 412 where If-Match names another version, and change nothing', async () => {
    const { id } = await create();
    const late = await ask('PATCH', `/v1/timers/${id}`, { tags: ['x'] }, { 'if-match': '"7"' });
    expect([late.status, late.body.code]).toEqual([412, 'version-not-match']);
    const present = await ask('PATCH', `/v1/timers/${id}`, { tags: ['x'] }, { 'if-match': '"1"' });
    expect([present.status, present.headers.etag]).toEqual([200, '"2"']);
  });
  it('are the same again with the same Idempotency-Key, for the same timer only', async () => {
    const headers = { 'idempotency-key': 'order 17' };
    const first = await ask('POST', '/v1/timers', { key: 'a', ...hourly }, headers);
    const again = await ask('POST', '/v1/timers', { key: 'a', ...hourly }, headers);
    const other = await ask('POST', '/v1/timers', { key: 'b', ...hourly }, headers);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    expect(other.body.key).toBe('b');
    expect(new Set(world.sent.map(({ command }) => command.id)).size).toBe(2);
  });
  it('are known by their key also after many others', async () => {
    const headers = { 'idempotency-key': 'order 17' };
    const first = await ask('POST', '/v1/timers', { key: 'a', ...hourly }, headers);
    for (const tag of ['1', '2', '3', '4', '5', '6'])
      await ask('PATCH', `/v1/timers/${first.body.id}`, { tags: [tag] });
    const again = await ask('POST', '/v1/timers', { key: 'a', ...hourly }, headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
  });
  it('tell the history who asked', async () => {
    const { id } = await create();
    await ask('POST', `/v1/timers/${id}/pause`, {}, { 'x-carillon-actor': 'ada' });
    const { body } = await ask('GET', `/v1/timers/${id}/events`);
    expect((body.events as object[])[1]).toMatchObject({
      version: 2,
      type: 'TimerPaused',
      actor: 'ada',
      source: { topic: 'timers.commands' },
      commandId: world.sent[1]?.command.id,
    });
  });
  it('pause, resume and expire without a body', async () => {
    const { id } = await create('k', { hookClass: 'h' });
    expect((await ask('POST', `/v1/timers/${id}/pause`)).body.status).toBe('paused');
    expect((await ask('POST', `/v1/timers/${id}/resume`)).body.status).toBe('waiting');
    expect((await ask('POST', '/v1/namespaces/default/timers/k/expire')).status).toBe(200);
  });
  it('close the open event, and only that one', async () => {
    const { id } = await create('k', { hookClass: 'h' });
    await world.fire(id as TimerId);
    const open = (await ask('GET', `/v1/timers/${id}`)).body;
    const wrong = await ask('POST', `/v1/timers/${id}/close`, { eventId: id });
    expect([wrong.status, wrong.body.code]).toEqual([409, 'event-id-not-match']);
    const close = { eventId: open.eventId, attempt: 1, summaryData: '{"n":1}' };
    expect((await ask('POST', `/v1/timers/${id}/close`, close)).body).toMatchObject({
      eventStatus: 'IDLE',
      summaryData: '{"n":1}',
    });
  });
  it('answer 202 with a receipt to whoever does not wait', async () => {
    const headers = { prefer: 'respond-async' };
    const {
      status,
      body,
      headers: answered,
    } = await ask('POST', '/v1/timers', { key: 'k', ...hourly }, headers);
    expect([status, body.status]).toEqual([202, 'pending']);
    expect(answered['preference-applied']).toBe('respond-async');
    const receipt = await ask('GET', String(answered.location));
    expect(receipt.body).toMatchObject({ status: 'applied', version: 1, timer: { key: 'k' } });
  });
  it('keep the refusal for the receipt', async () => {
    await create();
    const answer = await ask('POST', '/v1/timers', { key: 'k', ...hourly }, { prefer: 'respond-async' });
    expect((await ask('GET', String(answer.headers.location))).body).toMatchObject({
      status: 'rejected',
      code: 'timer-exists',
    });
  });
  it('say 504 and where to ask when no outcome comes', async () => {
    world.silence = new CommandTimeoutError('0190c0de-0000-7000-8000-000000000000', 5);
    const { status, body, headers } = await ask('POST', '/v1/timers', { key: 'k', ...hourly });
    expect([status, body.code]).toEqual([504, 'timeout']);
    expect(headers.location).toMatch(/^\/v1\/commands\/.*namespace=default&key=k$/);
  });
  it('say 503 and when to come again where too much waits for Kafka', async () => {
    world.silence = new ClientOverloadedError('c', new SendQueueFull(64, 64));
    const { status, body, headers } = await ask('POST', '/v1/timers', { key: 'k', ...hourly });
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'not-ready', '1']);
  });
  it('make many timers at once, each with its own outcome in order', async () => {
    await create('b');
    const timers = [{ key: 'a', ...hourly }, { key: 'b', ...hourly }, { key: 'c' }];
    const { status, body } = await ask('POST', '/v1/timers/batch', { timers });
    expect(status).toBe(207);
    expect(body.outcomes).toMatchObject([
      { status: 201, timer: { key: 'a' } },
      { status: 409, problem: { code: 'timer-exists' } },
      { status: 422, problem: { code: 'invalid-command' } },
    ]);
  });
  it('do not know an action of another name', async () => {
    const { id } = await create();
    expect((await ask('POST', `/v1/timers/${id}/explode`)).body.code).toBe('not-found');
  });
});

describe('lists', () => {
  it('go page by page, filtered by the query string', async () => {
    for (const key of ['a1', 'a2', 'a3', 'b']) await create(key, { tags: ['t'] });
    const first = await ask('GET', '/v1/timers?keyPrefix=a&tag=t&order=key&limit=2');
    expect((first.body.timers as TimerRecord[]).map(({ key }) => key)).toEqual(['a1', 'a2']);
    const second = await ask(
      'GET',
      `/v1/timers?keyPrefix=a&tag=t&order=key&limit=2&after=${first.body.next}`,
    );
    expect((second.body.timers as TimerRecord[]).map(({ key }) => key)).toEqual(['a3']);
    expect(second.body.next).toBeUndefined();
  });
  it('take a condition of any depth, and count by it', async () => {
    for (const key of ['a', 'b', 'c']) await create(key);
    const condition = { or: [{ key: 'a' }, { not: { keyPrefix: 'a' }, and: [{ key: 'c' }] }] };
    const { body } = await ask('POST', '/v1/timers/query', { condition, order: 'key' });
    expect((body.timers as TimerRecord[]).map(({ key }) => key)).toEqual(['a', 'c']);
    expect((await ask('POST', '/v1/timers/count', { condition })).body).toEqual({ count: 2, isExact: true });
    expect((await ask('POST', '/v1/timers/count', { max: 2 })).body).toEqual({ count: 2, isExact: false });
  });
  it('name the part of a condition that makes no sense', async () => {
    const { status, body } = await ask('POST', '/v1/timers/query', { condition: { or: [{ colour: 1 }] } });
    expect([status, body.code, body.field]).toEqual([400, 'invalid-condition', 'condition.or.0.colour']);
  });
  it('refuse a cursor of another query', async () => {
    expect((await ask('GET', '/v1/timers?after=nonsense')).body.code).toBe('invalid-cursor');
  });
});

describe('what will be and what was', () => {
  it('shows the next fires, each with its why', async () => {
    const { id } = await create('k', {
      schedPolicyType: 'CRON',
      schedPolicyExpr: '30 2 * * *',
      timeZone: 'Europe/Paris',
      dst: { gap: 'shift' },
    });
    const { body } = await ask('GET', `/v1/timers/${id}/next?count=2`);
    expect(body.fires).toMatchObject([
      // the night in which two o'clock is left out
      { fireAt: '2027-03-28T01:00:00.000Z', utcOffset: '+02:00', shiftedFrom: '2027-03-28T02:30:00' },
      { localTime: '2027-03-29T02:30:00' },
    ]);
  });
  it('previews a timer that is not there, and refuses it as its command would be', async () => {
    const good = await ask('POST', '/v1/preview', {
      timer: { ...hourly, startAt: '2027-03-27T12:30:00Z' },
      count: 1,
    });
    expect(good.body.fires).toMatchObject([{ fireAt: '2027-03-27T12:30:00.000Z' }]);
    const timer = { schedPolicyType: 'CRON', schedPolicyExpr: '61 * * * *' };
    const preview = await ask('POST', '/v1/preview', { timer });
    const made = await ask('POST', '/v1/timers', { key: 'k', ...timer });
    expect(preview.body.detail).toBe(made.body.detail);
    expect(preview.body.field).toBe(made.body.field);
  });
  it('previews a change against the timer as it is', async () => {
    const { id } = await create();
    const { body } = await ask('POST', '/v1/preview', {
      timerId: id,
      set: { schedPolicyExpr: '2h' },
      count: 3,
    });
    expect(body.difference).toMatchObject({ present: { fires: [{}, {}, {}] } });
    expect((await ask('GET', `/v1/timers/${id}`)).body.schedPolicyExpr).toBe('1h');
  });
  it('says why it fired', async () => {
    const { id } = await create('k', { hookClass: 'h' });
    await world.fire(id as TimerId);
    const { body } = await ask('GET', `/v1/timers/${id}/why?from=2027-03-27T11:00:00Z`);
    expect(body.findings).toContainEqual(expect.objectContaining({ verdict: 'fired' }));
  });
  it('pages through the history by version', async () => {
    const { id } = await create();
    for (const tag of ['a', 'b', 'c']) await ask('PATCH', `/v1/timers/${id}`, { tags: [tag] });
    const first = await ask('GET', `/v1/timers/${id}/events?limit=3`);
    expect(first.body.next).toBe(3);
    const rest = await ask('GET', `/v1/timers/${id}/events?after=3`);
    expect((rest.body.events as { version: number }[]).map(({ version }) => version)).toEqual([4]);
    expect((await ask('GET', '/v1/timers/0190c0de-0000-7000-8000-000000000000/events')).status).toBe(404);
  });
});

describe('bulks', () => {
  it('pause all timers of a condition, and tell how it went', async () => {
    for (const key of ['a1', 'a2', 'b']) await create(key);
    await ask('POST', '/v1/namespaces/default/timers/a1/pause');
    const request = { action: 'delete', condition: { keyPrefix: 'a' } };
    const dry = await ask('POST', '/v1/bulk', { ...request, dryRun: true });
    expect([dry.status, dry.body.matched]).toEqual([200, { count: 2, isExact: true }]);
    const begun = await ask('POST', '/v1/bulk', request, { 'x-carillon-actor': 'ada' });
    expect([begun.status, begun.body.status]).toEqual([202, 'running']);
    await world.workBulksOff();
    const { body } = await ask('GET', String(begun.headers.location));
    expect(body).toMatchObject({ status: 'done', matched: 2, applied: 2, refusals: [], actor: 'ada' });
    const left = (await ask('GET', '/v1/timers')).body.timers as TimerRecord[];
    expect(left.map(({ key }) => key)).toEqual(['b']);
    expect((await ask('GET', '/v1/bulk')).body.bulks).toEqual([body]);
  });
  it('change tags, and can be cancelled', async () => {
    await create('a', { tags: ['old', 'kept'] });
    const request = { action: 'retag', condition: {}, tags: { add: ['new'], remove: ['old'] } };
    await ask('POST', '/v1/bulk', request);
    await world.workBulksOff();
    expect((await ask('GET', '/v1/namespaces/default/timers/a')).body.tags).toEqual(['kept', 'new']);
    const { body } = await ask('POST', '/v1/bulk', { action: 'pause', condition: {} });
    expect((await ask('DELETE', `/v1/bulk/${body.id}`)).body.status).toBe('cancelled');
    expect((await ask('GET', '/v1/bulk/17')).body.code).toBe('bulk-not-found');
  });
  it('are asked for once with one Idempotency-Key', async () => {
    const request = { action: 'pause', condition: {} };
    const headers = { 'idempotency-key': 'once' };
    const [first, again] = [
      await ask('POST', '/v1/bulk', request, headers),
      await ask('POST', '/v1/bulk', request, headers),
    ];
    expect(again.body.id).toBe(first.body.id);
    expect((await ask('POST', '/v1/bulk', { action: 'retag', condition: {} })).body.field).toBe('tags');
  });
});

describe('problems', () => {
  const cases: readonly [string, () => Promise<Answer>, number, string][] = [
    ['a body that is no JSON', () => raw('{', 'application/json'), 400, 'unreadable'],
    ['a body of another type', () => raw('<a/>', 'application/xml'), 415, 'unsupported-media-type'],
    ['a list for a body', () => ask('POST', '/v1/timers', [1]), 400, 'unreadable'],
    ['an unknown path', () => ask('GET', '/v2'), 404, 'not-found'],
    ['an id that is none', () => ask('GET', '/v1/timers/17'), 400, 'bad-request'],
    ['a timer that is not there', () => ask('DELETE', '/v1/namespaces/n/timers/k'), 404, 'timer-not-exist'],
    ['a parameter that is not known', () => ask('GET', '/v1/timers?colour=red'), 400, 'bad-request'],
    [
      'a body that is too large',
      () => raw(`"${'x'.repeat(5_000_000)}"`, 'application/json'),
      413,
      'too-large',
    ],
    [
      'an If-Match that is no ETag',
      () => ask('DELETE', '/v1/namespaces/n/timers/k', undefined, { 'if-match': '3' }),
      400,
      'bad-request',
    ],
    [
      'a Last-Event-ID of another log',
      () => ask('GET', '/v1/watch', undefined, { 'last-event-id': '1.0' }),
      400,
      'invalid-position',
    ],
    [
      'a command that is not known',
      () => ask('GET', '/v1/commands/0190c0de-0000-7000-8000-000000000000'),
      404,
      'command-not-found',
    ],
  ];
  const raw = async (payload: string, type: string): Promise<Answer> => {
    const answer = await world.app.inject({
      method: 'POST',
      url: '/v1/timers',
      payload,
      headers: { 'content-type': type },
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: JSON.parse(answer.body) as Record<string, unknown>,
    };
  };
  it.each(cases)('%s is told as one', async (_what, request, status, code) => {
    const { status: answered, headers, body } = await request();
    expect([answered, body.code]).toEqual([status, code]);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(problemSchema.parse(body)).toMatchObject({
      type: `https://carillon.dev/problems/${code}`,
      status,
    });
  });
  it('name field and reason as a command of Kafka is told them', async () => {
    const { body } = await ask('POST', '/v1/timers', { key: 'k', ...hourly, ackTimeout: 'soon' });
    expect(body).toMatchObject({ code: 'invalid-spec', field: 'ackTimeout' });
    const wrong = await ask('POST', '/v1/timers', { key: 'k', ...hourly, tags: 'eu' });
    expect(wrong.body).toMatchObject({ status: 422, code: 'invalid-command', field: 'timer.tags' });
    const stray = await ask('PATCH', '/v1/namespaces/n/timers/k', { colour: 'red' });
    expect(stray.body.detail).toBe('set.colour is not a field of this command');
  });
});

describe('a principal of one namespace', () => {
  const ada: Identity = { name: 'ada', grants: grantsOf(['hers:operator']), expiresAt: null };
  it('sees and changes nothing elsewhere', async () => {
    await world.close();
    world = await openWorld(
      {},
      {
        authenticate: ({ headers }) =>
          Promise.resolve(
            headers.who === 'ada' ? ada : { ...ada, name: 'root', grants: grantsOf(['*:admin']) },
          ),
      },
    );
    const { id } = await create('k', { namespace: 'his' });
    await create('k', { namespace: 'hers' });
    const as = { who: 'ada' };
    expect((await ask('GET', `/v1/timers/${id}`, undefined, as)).status).toBe(404);
    expect((await ask('GET', `/v1/timers/${id}/events`, undefined, as)).status).toBe(404);
    expect((await ask('POST', `/v1/timers/${id}/pause`, {}, as)).status).toBe(404);
    expect((await ask('POST', '/v1/timers', { namespace: 'his', key: 'x', ...hourly }, as)).body.code).toBe(
      'forbidden',
    );
    expect((await ask('GET', '/v1/installation', undefined, as)).body.code).toBe('forbidden');
    expect((await ask('GET', '/v1/installation')).body).toMatchObject({ partitions: [] });
    const { body } = await ask('GET', '/v1/timers', undefined, as);
    expect((body.timers as TimerRecord[]).map(({ namespace }) => namespace)).toEqual(['hers']);
    await ask(
      'POST',
      '/v1/namespaces/hers/timers/k/pause',
      {},
      { ...as, 'x-carillon-actor': 'somebody else' },
    );
    expect(world.sent.at(-1)?.options.actor).toBe('ada');
  });
  it('is asked for credentials, and needs a role that suffices', async () => {
    await world.close();
    world = await openWorld(
      {},
      {
        authenticate: ({ headers }) =>
          Promise.resolve(headers.who === 'ada' ? { ...ada, grants: grantsOf(['hers:reader']) } : null),
      },
    );
    expect((await ask('GET', '/v1/timers')).status).toBe(401);
    expect((await ask('POST', '/v1/timers', { key: 'k', ...hourly }, { who: 'ada' })).body.code).toBe(
      'forbidden',
    );
    expect((await ask('GET', '/health/live')).status).toBe(200);
  });
});

describe('the server', () => {
  it('sends the headers that keep a browser safe', async () => {
    const { headers } = await ask('GET', '/v1/timers');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    for (const url of ['/v1/timers', '/docs', '/docs/start.js', '/openapi.json', '/nowhere']) {
      const told = (await world.app.inject({ method: 'GET', url })).headers;
      const policy = String(told['content-security-policy']).split(';');
      // nothing inline, nothing from elsewhere, in nobody's frame
      for (const part of [
        "default-src 'self'",
        "script-src 'self'",
        "script-src-attr 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
      ])
        expect([url, policy.includes(part) ? part : policy]).toEqual([url, part]);
      expect(told).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': expect.stringContaining('max-age='),
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(told['x-powered-by']).toBeUndefined();
    }
  });
  it('lets other origins in where it is told to', async () => {
    await world.close();
    world = await openWorld({ CORS_ORIGINS: 'https://a.example' });
    const { headers } = await ask('GET', '/v1/timers', undefined, { origin: 'https://a.example' });
    expect(headers['access-control-allow-origin']).toBe('https://a.example');
  });
  it('counts what it answers by route, not by timer, and who watches', async () => {
    await ask('POST', '/v1/timers', { key: 'k', ...hourly });
    for (const key of ['k', 'l']) await ask('GET', `/v1/namespaces/default/timers/${key}`);
    const response = await world.app.inject({ method: 'GET', url: '/metrics' });
    const counts = response.body
      .split('\n')
      .filter(
        (line) => line.includes('_count{') && line.includes('route="/v1/namespaces/:namespace/timers/:key"'),
      )
      .map((line) => line.replace(/.*(status="\d+").* /, '$1 '));
    expect(counts.toSorted()).toEqual(['status="200" 1', 'status="404" 1']);
    expect(response.body).toMatch(/^carillon_watchers\{.*\} 0$/m);
  });
});

describe('quotas of a namespace', () => {
  beforeEach(async () => {
    await world.close();
    const quotas = {
      slow: { commandsPerSecond: 2, commandsBurst: 1 },
      small: { payloadBytes: 400 },
      none: { timers: 0 },
    };
    world = await openWorld({ QUOTAS: JSON.stringify(quotas) });
  });

  it('are a 429, which says when to come again where waiting helps', async () => {
    await create('a', { namespace: 'slow' });
    const fast = await ask('POST', '/v1/timers', { key: 'b', namespace: 'slow', ...hourly });
    expect([fast.status, fast.headers['retry-after'], fast.body.retryAfterMs]).toEqual([429, '1', 500]);
    const full = await ask('POST', '/v1/timers', { key: 'b', namespace: 'none', ...hourly });
    expect([full.status, full.headers['retry-after'], full.body.field]).toEqual([429, undefined, 'timers']);
    for (const { body } of [fast, full]) expect(problemSchema.parse(body).code).toBe('quota-exceeded');
  });

  it('refuse what is too large before it is sent, alone and in a batch', async () => {
    const large = { key: 'k', namespace: 'small', ...hourly, data: 'x'.repeat(400) };
    const sent = world.sent.length;
    const { status, body } = await ask('POST', '/v1/timers', large);
    expect([status, body.field, world.sent.length]).toEqual([429, 'payloadBytes', sent]);
    const { body: batch } = await ask('POST', '/v1/timers/batch', {
      timers: [large, { ...large, data: 'x' }],
    });
    const outcomes = batch.outcomes as readonly { readonly status: number }[];
    expect(outcomes.map((outcome) => outcome.status)).toEqual([429, 201]);
  });
});
