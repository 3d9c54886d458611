import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { httpProblems, type Problem, problemMediaType, type TimerRecord } from '#contract';
import {
  ApiNotConfiguredError,
  type ApiOptions,
  ApiTimeoutError,
  ApiUnreachableError,
  HttpProblemError,
  InvalidCursorError,
  NotReadyError,
  TimerClient,
  TimerNotExistError,
  UnexpectedAnswerError,
} from '../index.js';
import { problemError } from './problems.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const kafka = { brokers: ['nowhere:1'], clientId: 'spec', log: quiet };
const { accepted } = JSON.parse(
  readFileSync(new URL('../../../contract/samples/replies.json', import.meta.url), 'utf8'),
) as { accepted: { timer: TimerRecord } };
const timer = (key: string): TimerRecord => ({ ...accepted.timer, key }) as TimerRecord;

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : problemMediaType });
  response.end(JSON.stringify(body));
};
const problem = (code: string, status: number, more: Partial<Problem> = {}): Problem => ({
  type: `https://carillon.dev/problems/${code}`,
  title: code,
  status,
  detail: `because of ${code}`,
  code,
  ...more,
});

describe('queries by HTTP', () => {
  let server: Server;
  let asked: { method: string; url: string; body: string; headers: IncomingMessage['headers'] }[];
  let answer: Answer;
  let client: (api?: Partial<ApiOptions>) => TimerClient;

  beforeEach(async () => {
    asked = [];
    server = createServer(async (request, response) => {
      const body = await text(request);
      asked.push({
        method: request.method ?? '',
        url: request.url ?? '',
        body,
        headers: request.headers,
      });
      await answer(request, response, body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/carillon/`;
    client = (api = {}) => new TimerClient({ kafka, namespace: 'shop', api: { url, ...api } });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('asks for a timer by its key in the namespace of the client, and only there', async () => {
    answer = (_request, response) => json(response, timer('a/b c'));
    expect(await client().getTimerByKey('a/b c')).toMatchObject({ key: 'a/b c' });
    await client().getTimerByKey('k', { namespace: 'other', version: 3 });
    await client().getTimerById('0f', { at: '2027-01-01T00:00:00Z' });
    expect(asked.map(({ url }) => url)).toEqual([
      '/carillon/v1/namespaces/shop/timers/a%2Fb%20c',
      '/carillon/v1/namespaces/other/timers/k?version=3',
      '/carillon/v1/timers/0f?at=2027-01-01T00%3A00%3A00Z',
    ]);
  });

  it('asks for every timer of every namespace when no condition is given, page by page as it is iterated', async () => {
    answer = (_request, response, body) => {
      const { after } = JSON.parse(body) as { after?: string };
      if (after === undefined) json(response, { timers: [timer('a'), timer('b')], next: 'n1' });
      else json(response, { timers: [timer('c')] });
    };
    const keys: string[] = [];
    for await (const { key } of client().getTimers()) keys.push(key);
    expect(keys).toEqual(['a', 'b', 'c']);
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { condition: {} },
      { condition: {}, after: 'n1' },
    ]);
    asked = [];
    for await (const { key } of client().getTimers(
      { keyPrefix: 'x_', tags: ['eu'] },
      { order: 'key', limit: 2 },
    ))
      if (key === 'a') break;
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { condition: { keyPrefix: 'x_', tags: ['eu'] }, order: 'key', limit: 2 },
    ]);
  });

  it('counts, shows the fires to come, previews, tells why, and reads a history to its end', async () => {
    const outlook = { fires: [], skippedAfter: [], dependsOnClose: false };
    const from = '2027-01-01T00:00:00.000Z';
    const event = { version: 2, type: 'TimerPaused', recordedAt: from, data: {} };
    answer = (request, response) => {
      const path = request.url ?? '';
      if (path.includes('/count')) json(response, { count: 7, isExact: true });
      else if (path.includes('/next') || path.includes('/preview')) json(response, outlook);
      else if (path.includes('/why')) json(response, { from, to: from, findings: [], isCut: false });
      else if (path.includes('after=2')) json(response, { events: [{ ...event, version: 3 }] });
      else json(response, { events: [event], next: 2 });
    };
    const timers = client();
    expect(await timers.count({ enable: true }, { max: 9 })).toEqual({ count: 7, isExact: true });
    expect(await timers.nextFires({ key: 'k' }, { count: 3 })).toEqual(outlook);
    expect(await timers.preview({ timer: { schedPolicyType: 'ONCE', schedPolicyExpr: '1s' } })).toEqual(
      outlook,
    );
    expect(await timers.why({ key: 'k' }, { from })).toMatchObject({ findings: [] });
    const versions: number[] = [];
    for await (const { version } of timers.history({ key: 'k' }, { from })) versions.push(version);
    expect(versions).toEqual([2, 3]);
    expect(asked.map(({ url }) => url.replace('/carillon/v1/', ''))).toEqual([
      'timers/count',
      'namespaces/shop/timers/k/next?count=3',
      'preview',
      'namespaces/shop/timers/k/why?from=2027-01-01T00%3A00%3A00.000Z',
      'namespaces/shop/timers/k/events?from=2027-01-01T00%3A00%3A00.000Z',
      'namespaces/shop/timers/k/events?after=2&from=2027-01-01T00%3A00%3A00.000Z',
    ]);
  });

  it('throws a problem as the error of its code, and does not ask again', async () => {
    answer = (_request, response) => json(response, problem('timer-not-exist', 404), 404);
    await expect(client().getTimerByKey('k')).rejects.toThrow(TimerNotExistError);
    answer = (_request, response) => json(response, problem('invalid-cursor', 400, { field: 'after' }), 400);
    const refused = client().getTimerPage({}, { after: 'x' });
    await expect(refused).rejects.toThrow(InvalidCursorError);
    await expect(refused).rejects.toMatchObject({ code: 'invalid-cursor', status: 400, field: 'after' });
    expect(asked.length).toBe(2);
  });

  it('asks again while the API is not ready or its connection breaks', async () => {
    answer = (request, response) => {
      if (asked.length === 1) json(response, problem('not-ready', 503), 503);
      else if (asked.length === 2) request.socket.destroy();
      else json(response, { count: 1, isExact: true });
    };
    expect(await client().count()).toEqual({ count: 1, isExact: true });
    expect(asked.length).toBe(3);
    answer = (_request, response) => json(response, problem('not-ready', 503), 503);
    await expect(client({ tries: 2 }).count()).rejects.toThrow(NotReadyError);
    expect(asked.length).toBe(5);
  });

  it('asks again when an answer breaks off, good or bad', async () => {
    const half = (response: ServerResponse, status: number): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"count":', () => response.destroy());
    };
    answer = (_request, response) => {
      if (asked.length === 1) half(response, 200);
      else if (asked.length === 2) half(response, 500);
      else json(response, { count: 1, isExact: true });
    };
    expect(await client().count()).toEqual({ count: 1, isExact: true });
    answer = (_request, response) => half(response, 200);
    await expect(client({ tries: 2 }).count()).rejects.toThrow(ApiUnreachableError);
    expect(asked.length).toBe(5);
  });

  it.each([200, 502])("tells a proxy's page with %i from an answer of the API", async (status) => {
    answer = (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>please sign in</h1>');
    };
    const page = client({ tries: 2 }).count();
    await expect(page).rejects.toThrow(UnexpectedAnswerError);
    await expect(page).rejects.toThrow(
      `answered ${status} with what is not an answer of the API: <h1>please`,
    );
    // another process behind the proxy may do better where it says so
    expect(asked.length).toBe(status === 502 ? 2 : 1);
  });

  it.each([30 * 86_400_000, Number.POSITIVE_INFINITY])('waits %s ms if it is told to', async (timeoutMs) => {
    answer = (_request, response) => void setTimeout(() => json(response, { count: 1, isExact: true }), 50);
    expect(await client({ timeoutMs }).count()).toEqual({ count: 1, isExact: true });
  });

  it('says what was not there, what did not answer, and what was none of ours', async () => {
    answer = () => undefined;
    const slow = client({ timeoutMs: 60 }).count();
    await expect(slow).rejects.toThrow(ApiTimeoutError);
    await expect(slow).rejects.toThrow('/v1/timers/count within 60 ms');
    answer = (_request, response) => {
      response.writeHead(200).end('{"hello":"world"}');
    };
    await expect(client().count()).rejects.toThrow(UnexpectedAnswerError);
    answer = (_request, response) => {
      response.writeHead(404).end('<h1>no such page</h1>');
    };
    await expect(client().count()).rejects.toThrow('answered 404');
    await expect(client({ url: 'http://127.0.0.1:1', tries: 2 }).count()).rejects.toThrow(
      ApiUnreachableError,
    );
    await expect(new TimerClient({ kafka }).count()).rejects.toThrow(ApiNotConfiguredError);
    expect(() => client({ url: 'no url' })).toThrow(TypeError);
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    answer = () => abort.abort(new Error('not wanted any more'));
    await expect(client().count({}, { signal: abort.signal })).rejects.toThrow('not wanted any more');
    expect(asked.length).toBe(1);
  });

  it('asks for its own headers anew each time', async () => {
    let tokens = 0;
    answer = (_request, response) => json(response, { count: 1, isExact: true });
    const timers = client({
      headers: async () => {
        tokens += 1;
        return { authorization: `Bearer ${tokens}` };
      },
    });
    await timers.count();
    await timers.count();
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it('shows what it was given to prove who asks, or asks for it each time', async () => {
    let tokens = 0;
    answer = (_request, response) => json(response, { count: 1, isExact: true });
    await client({ token: 'key' }).count();
    const renewing = client({ token: async () => `token-${++tokens}` });
    await renewing.count();
    await renewing.count();
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer key',
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  describe('the watch', () => {
    const change = (version: number) => ({
      kind: 'update',
      type: 'TimerPaused',
      timerId: timer('k').id,
      namespace: 'shop',
      key: 'k',
      version,
      recordedAt: '2027-01-01T00:00:00.000Z',
      matches: true,
      data: {},
    });
    const stream = (response: ServerResponse, ...versions: number[]): void => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: ready\ndata: {"code":"ready","detail":"-"}\n\n');
      for (const version of versions)
        response.write(`id: p${version}\nevent: update\ndata: ${JSON.stringify(change(version))}\n\n`);
    };

    it('goes on where it was when its connection breaks, when it was too slow and when the process goes', async () => {
      answer = (request, response) => {
        if (asked.length === 1) {
          stream(response, 1, 2);
          setTimeout(() => request.socket.destroy(), 20);
        } else if (asked.length === 2) {
          stream(response, 3);
          response.end('event: dropped\ndata: {"code":"dropped","detail":"-"}\n\n');
        } else if (asked.length === 3) json(response, problem('draining', 503), 503);
        else if (asked.length === 4) {
          stream(response, 4);
          response.end('event: bye\ndata: {"code":"bye","detail":"-"}\n\n');
        } else stream(response, 5);
      };
      const [versions, positions]: [number[], string[]] = [[], []];
      const onReady = vi.fn();
      for await (const { version, position } of client().watch(
        { tags: ['x'] },
        { onReady, include: 'timer' },
      )) {
        versions.push(version);
        positions.push(position);
        if (version === 5) break;
      }
      expect(versions).toEqual([1, 2, 3, 4, 5]);
      expect(positions.at(-1)).toBe('p5');
      expect(onReady).toHaveBeenCalledTimes(4);
      expect(asked.map(({ headers }) => headers['last-event-id'])).toEqual([
        undefined,
        'p2',
        'p3',
        'p3',
        'p4',
      ]);
      expect(asked[0]?.url).toBe(
        '/carillon/v1/watch?condition=%7B%22tags%22%3A%5B%22x%22%5D%7D&include=timer',
      );
    });

    it('goes on after what it was told to have seen, though there was nothing to tell of', async () => {
      answer = (request, response) => {
        if (asked.length > 1) return stream(response, 8);
        stream(response, 1);
        // a position without a message, and half of one that must come again
        response.write('id: p5\n\nid: p7\nevent: update\n');
        setTimeout(() => request.socket.destroy(), 20);
      };
      for await (const { version } of client().watch()) if (version === 8) break;
      expect(asked.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'p5']);
    });

    it('begins after a position of another time', async () => {
      answer = (_request, response) => stream(response, 9);
      for await (const { version } of client().watch({}, { after: 'p8' })) {
        expect(version).toBe(9);
        break;
      }
      expect(asked[0]?.headers['last-event-id']).toBe('p8');
    });

    it('ends without an error when its signal fires, while it reads and while it waits', async () => {
      const abort = new AbortController();
      answer = (_request, response) => stream(response, 1);
      const seen: number[] = [];
      for await (const { version } of client().watch({}, { signal: abort.signal })) {
        seen.push(version);
        abort.abort();
      }
      expect(seen).toEqual([1]);
      const later = new AbortController();
      answer = (_request, response) => {
        json(response, problem('not-ready', 503), 503);
        later.abort();
      };
      for await (const _change of client().watch({}, { signal: later.signal })) seen.push(0);
      expect(seen).toEqual([1]);
    });

    it('ends with the problem when another try would meet it again', async () => {
      answer = (_request, response) => json(response, problem('invalid-position', 400), 400);
      const watching = client().watch({}, { after: 'x' })[Symbol.asyncIterator]();
      await expect(watching.next()).rejects.toThrow('because of invalid-position');
      expect(asked.length).toBe(1);
    });

    it('ends with what its caller throws when it is told that the stream is ready, also when it comes again', async () => {
      answer = (_request, response) => {
        stream(response, 1);
        response.end('event: bye\ndata: {"code":"bye","detail":"-"}\n\n');
      };
      const onReady = vi.fn().mockImplementation(() => {
        if (asked.length === 2) throw new TypeError('of the caller');
      });
      const read = async () => {
        for await (const _change of client().watch({}, { onReady })) if (asked.length > 5) return;
      };
      await expect(read()).rejects.toThrow('of the caller');
      expect(asked.length).toBe(2);
    });

    it('takes a stream that has fallen silent for dead', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        answer = (_request, response) => {
          if (asked.length > 1) return stream(response, 2);
          stream(response, 1);
        };
        const watching = client().watch()[Symbol.asyncIterator]();
        expect((await watching.next()).value).toMatchObject({ version: 1 });
        const next = watching.next();
        await vi.advanceTimersByTimeAsync(46_000);
        expect((await next).value).toMatchObject({ version: 2 });
        await watching.return?.();
      } finally {
        vi.useRealTimers();
      }
    });
  });
});

describe('problems', () => {
  it('there is one class for each code', () => {
    const made = Object.entries(httpProblems).map(([code, { status }]) =>
      problemError(problem(code, status)),
    );
    expect(new Set(made.map((error) => error.constructor)).size).toBe(made.length);
    for (const error of made) {
      expect(error).toBeInstanceOf(HttpProblemError);
      expect(error.name).toBe(error.constructor.name);
    }
  });
  it('a code of a newer API is a problem all the same', () => {
    const error = problemError(problem('toString', 418));
    expect(error.constructor).toBe(HttpProblemError);
    expect(error).toMatchObject({ code: 'toString', status: 418 });
  });
});
