import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchMessage } from '#contract';
import { grantsOf, type StoredEvent } from '#engine';
import { type EpochMs, slotOf, type TimerId } from '#timer';
import { EventStream } from '../../../../test/harness/event-stream.js';
import { eventually } from '../../../../test/harness/wait.js';
import { openWorld, partitions, type World } from '../spec-dsl.js';
import { isKept } from './catch-up.js';

const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

let world: World;
const streams: EventStream[] = [];
const start = async (env: Record<string, string> = {}): Promise<void> => {
  world = await openWorld({ WATCH_HEARTBEAT_MS: '200', ...env });
  await world.app.listen(0, '127.0.0.1');
};
beforeEach(() => start());
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await world.close();
});

async function watch(query = '', lastEventId?: string): Promise<EventStream> {
  const url = `${await world.app.getUrl()}/v1/watch${query}`;
  const stream = await EventStream.open(url, lastEventId);
  streams.push(stream);
  return stream;
}
async function ready(query = ''): Promise<EventStream> {
  const stream = await watch(query);
  await eventually('the stream is ready', () => stream.has('ready'));
  return stream;
}
const post = async (url: string, body: object = {}, method: 'POST' | 'PATCH' | 'DELETE' = 'POST') => {
  const answer = await world.app.inject({ method, url, payload: body });
  if (answer.statusCode >= 300) throw new Error(answer.body);
  return answer.json<{ id: string }>();
};
const create = (key: string, more: object = {}) => post('/v1/timers', { key, ...hourly, ...more });
const told = (stream: EventStream) =>
  stream.facts.map(({ data }) => `${data.key} ${data.version} ${data.type}`);
const count = (stream: EventStream, facts: number) =>
  eventually(`${facts} messages`, () => stream.facts.length >= facts);

describe('a watch', () => {
  it('tells creations, updates, deletions and the life of events, in the order of each timer', async () => {
    const stream = await ready();
    const { id } = await create('k', { hookClass: 'h', tags: ['a'] });
    await world.fire(id as TimerId);
    await post(`/v1/timers/${id}`, { tags: ['b'] }, 'PATCH');
    await post(`/v1/timers/${id}`, {}, 'DELETE');
    await count(stream, 4);
    expect(stream.facts.map(({ event, data }) => [event, data.version, data.matches])).toEqual([
      ['create', 1, true],
      ['event', 2, true],
      ['update', 3, true],
      ['delete', 4, false],
    ]);
    for (const { data } of stream.facts) expect(watchMessage.parse(data)).toEqual(data);
  });
  it('brings the timer as it is after the event, if asked', async () => {
    const stream = await ready('?include=timer');
    const { id } = await create('k', { data: 'x' });
    await post(`/v1/timers/${id}/pause`);
    await count(stream, 2);
    expect(stream.facts.map(({ data }) => [data.timer.version, data.timer.status, data.timer.data])).toEqual([
      [1, 'waiting', 'x'],
      [2, 'paused', 'x'],
    ]);
  });
  it('tells only of timers that match', async () => {
    const stream = await ready(
      `?condition=${encodeURIComponent('{"or":[{"tags":["a"]},{"keyPrefix":"z"}]}')}`,
    );
    await create('k1', { tags: ['b'] });
    await create('k2', { tags: ['a', 'b'] });
    await create('z3');
    await count(stream, 2);
    expect(new Set(told(stream))).toEqual(new Set(['k2 1 TimerCreated', 'z3 1 TimerCreated']));
  });
  it('tells once more of a timer that no longer matches, and again when it does', async () => {
    const { id } = await create('k', { tags: ['a'] });
    const stream = await ready('?tag=a&namespace=default');
    await post(`/v1/timers/${id}`, { tags: ['b'] }, 'PATCH');
    await post(`/v1/timers/${id}/pause`);
    await post(`/v1/timers/${id}`, { tags: ['a'] }, 'PATCH');
    await count(stream, 2);
    expect(stream.facts.map(({ data }) => [data.version, data.matches])).toEqual([
      [2, false],
      [4, true],
    ]);
  });
  it('follows the status, which every event may change', async () => {
    const { id } = await create('k');
    const stream = await ready('?status=paused');
    await post(`/v1/timers/${id}/pause`);
    await post(`/v1/timers/${id}/resume`);
    await count(stream, 2);
    expect(stream.facts.map(({ data }) => data.matches)).toEqual([true, false]);
  });
  it('refuses a condition that makes no sense before it begins', async () => {
    const stream = await watch('?condition=%7B');
    expect(stream.status).toBe(400);
  });
});

describe('a watch of a principal of one namespace', () => {
  it('tells nothing of others, whatever it asks for', async () => {
    await world.close();
    world = await openWorld(
      {},
      {
        authenticate: ({ headers }) =>
          Promise.resolve({
            name: 'ada',
            grants: grantsOf([headers.who === 'all' ? '*:operator' : 'hers:reader']),
            expiresAt: null,
          }),
      },
    );
    await world.app.listen(0, '127.0.0.1');
    const [own, foreign] = [await ready(), await ready('?namespace=his')];
    for (const namespace of ['his', 'hers']) {
      const payload = { namespace, key: 'k', ...hourly };
      await world.app.inject({ method: 'POST', url: '/v1/timers', payload, headers: { who: 'all' } });
    }
    await count(own, 1);
    expect(own.facts.map(({ data }) => data.namespace)).toEqual(['hers']);
    expect(foreign.facts).toEqual([]);
  });
});

describe('a watch of somebody whose proof ends', () => {
  it('ends with it, and says to come again', async () => {
    await world.close();
    const expiresAt = (world.now + 300) as EpochMs;
    const ada = { name: 'ada', grants: grantsOf(['*:reader']), expiresAt };
    world = await openWorld({}, { authenticate: () => Promise.resolve(ada) });
    await world.app.listen(0, '127.0.0.1');
    const stream = await watch();
    await eventually('it is told', () => stream.has('bye'));
    await eventually('it is over', () => world.hub.size === 0);
  });
});

describe('coming again with Last-Event-ID', () => {
  it('tells what was missed, once each, and goes on live', async () => {
    const first = await ready();
    await create('a');
    await count(first, 1);
    first.close();
    for (const key of ['b', 'c', 'd', 'e', 'f']) await create(key);
    const second = await watch('', first.lastEventId);
    await count(second, 5);
    await eventually('it is live', () => second.has('ready'));
    await create('g');
    await count(second, 6);
    expect(new Set(told(second))).toEqual(
      new Set(['b', 'c', 'd', 'e', 'f', 'g'].map((key) => `${key} 1 TimerCreated`)),
    );
    expect(told(second)).toHaveLength(6);
  });
  it('goes on in version order when the log gets more partitions meanwhile', async () => {
    const live = await ready();
    const early = await ready();
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    const ids = [];
    for (const key of keys) ids.push((await create(key)).id);
    await count(early, 12);
    early.close();
    for (const id of ids) await post(`/v1/timers/${id}`, { tags: ['before'] }, 'PATCH');
    const { store } = world;
    const heads = await store.feed.heads([0, 1, 2, 3]);
    await store.feed.advance([...heads].map(([partition, to]) => ({ partition, from: 0n, to })));
    expect(store.expand(partitions * 2)).toEqual({ kind: 'expanded' });
    for (const id of ids) await post(`/v1/timers/${id}`, { tags: ['after'] }, 'PATCH');

    await count(live, 36);
    expect(live.lastEventId).toMatch(/^2\.\w+(-\w+){7}$/);
    const resumed = await watch('', early.lastEventId);
    expect(early.lastEventId).toMatch(/^1\./);
    await count(resumed, 24);
    await eventually('it is live', () => resumed.has('ready'));
    const again = await watch('', resumed.lastEventId);
    await eventually('it is live', () => again.has('ready'));
    await post(`/v1/timers/${ids[0]}/pause`);
    for (const stream of [live, resumed, again])
      await count(stream, stream === live ? 37 : stream === resumed ? 25 : 1);
    for (const stream of [live, resumed])
      for (const facts of Map.groupBy(stream.facts, ({ data }) => data.key).values()) {
        const versions = facts.map(({ data }) => data.version);
        expect(versions).toEqual(versions.map((_, index) => versions[0] + index));
      }
  });
  it('knows what matched while nobody watched', async () => {
    const first = await ready('?tag=a');
    const { id } = await create('k', { tags: ['a'] });
    await count(first, 1);
    first.close();
    await post(`/v1/timers/${id}/pause`);
    await post(`/v1/timers/${id}`, { tags: [] }, 'PATCH');
    await post(`/v1/timers/${id}`, { enable: false }, 'PATCH');
    const second = await watch('?tag=a', first.lastEventId);
    await count(second, 2);
    await eventually('it is live', () => second.has('ready'));
    expect(second.facts.map(({ data }) => [data.version, data.matches])).toEqual([
      [2, true],
      [3, false],
    ]);
  });
  it('moves on also where nothing matches', async () => {
    const stream = await ready('?key=other');
    const before = stream.lastEventId;
    await create('k');
    await eventually('a heartbeat with a new position', () => stream.lastEventId !== before);
    expect(stream.facts).toEqual([]);
  });
  it('answers history-expired when the log no longer has it', async () => {
    const event = (position: bigint) => ({ partition: 0, position }) as StoredEvent;
    const tail = {
      heads: () => Promise.resolve(new Map([[0, 9n]])),
      readAfter: (from: ReadonlyMap<number, bigint>) =>
        Promise.resolve([event(from.get(0) === 6n ? 7n : 7n)]),
    };
    expect(await isKept(tail, new Map([[0, 9n]]))).toBe(true);
    expect(await isKept(tail, new Map([[0, 6n]]))).toBe(true);
    expect(await isKept(tail, new Map([[0, 3n]]))).toBe(false);
    const ahead = await watch('', `1.${Array.from({ length: partitions }, () => '9').join('-')}`);
    expect(ahead.status).toBe(410);
  });
  it('refuses a position that is none', async () => {
    expect((await watch('', 'nonsense')).status).toBe(400);
    for (const none of ['2.0-0-0-0', '0.0-0-0-0', '1.0-0-0', '1.0-0-0-0-0-0-0-0'])
      expect((await watch('', none)).status).toBe(400);
  });
});

describe('a process that serves many', () => {
  it('drops who reads too slowly, tells them, and loses nothing', async () => {
    await world.close();
    await start({ WATCH_BUFFER_BYTES_MAX: '4096' });
    const slow = await ready();
    const quick = await ready();
    slow.response.pause();
    const data = 'x'.repeat(250_000);
    // more than the buffers of both sockets take
    let made = 0;
    while (world.hub.size > 1 && made < 200) {
      await create(`k${made}`, { data });
      made += 1;
      await count(quick, made);
    }
    slow.response.resume();
    await eventually('the slow one is told', () => slow.isClosed);
    expect(slow.messages.at(-1)).toMatchObject({ event: 'dropped', data: { code: 'slow-reader' } });
    expect(quick.isClosed).toBe(false);
    const again = await watch('', slow.lastEventId);
    await eventually('it is live again', () => again.has('ready'));
    expect([...told(slow), ...told(again)].sort()).toEqual(told(quick).sort());
  });
  it('takes no more watchers than it may', async () => {
    await world.close();
    await start({ WATCHERS_MAX: '1' });
    await ready();
    expect((await watch()).status).toBe(503);
  });
  it('takes no more of those who come back at once, and gives places back that came to nothing', async () => {
    await world.close();
    await start({ WATCHERS_MAX: '1' });
    const first = await ready();
    const position = first.lastEventId;
    first.close();
    await eventually('there is room', () => world.hub.size === 0);
    const answered = Promise.withResolvers<void>();
    let asked = 0;
    let isKnown = true;
    const feed = world.store.openFeed();
    const heads = feed.heads.bind(feed);
    feed.heads = async (of) => {
      asked += 1;
      await answered.promise;
      return isKnown ? heads(of) : Promise.reject(new Error('the log does not answer'));
    };
    world.store.openFeed = () => feed;
    let refused = 0;
    const both = [1, 2].map(async () => {
      const stream = await watch('', position);
      if (stream.status === 503) refused += 1;
      return stream;
    });
    // until each is either told or on its way in
    await eventually('both have come', () => asked + refused === 2);
    answered.resolve();
    const came = await Promise.all(both);
    expect(came.map(({ status }) => status).sort()).toEqual([200, 503]);

    for (const stream of came) stream.close();
    await eventually('there is room again', () => world.hub.size === 0);
    isKnown = false;
    expect((await watch('', position)).status).toBe(500);
    await ready();
  });
  it('tells everybody to come again when it goes away', async () => {
    const stream = await ready();
    await world.hub.stop();
    await eventually('the stream ends', () => stream.isClosed);
    expect(stream.messages.at(-1)).toMatchObject({ event: 'bye', data: { code: 'draining' } });
    expect(stream.retryMs).toBeGreaterThan(0);
    expect((await watch()).status).toBe(503);
  });
  it('tells it also to who was let in while it went away', async () => {
    const first = await ready();
    first.close();
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const feed = world.store.openFeed();
    const heads = feed.heads.bind(feed);
    feed.heads = async (of) => {
      asked.resolve();
      await answered.promise;
      return heads(of);
    };
    world.store.openFeed = () => feed;
    const opening = watch('', first.lastEventId);
    await asked.promise;
    await world.hub.stop();
    answered.resolve();
    const stream = await opening;
    await eventually('the stream ends', () => stream.isClosed);
    expect(stream.messages).toMatchObject([{ event: 'bye', data: { code: 'draining' } }]);
  });
  it('holds nobody who went away before being let in', async () => {
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { hub } = world;
    const admit = hub.admit.bind(hub);
    hub.admit = async (...who) => {
      asked.resolve();
      await answered.promise;
      return admit(...who);
    };
    const received = once(world.app.getHttpServer(), 'request');
    const client = new AbortController();
    const opening = fetch(`${await world.app.getUrl()}/v1/watch`, { signal: client.signal });
    const [, response] = (await received) as [unknown, ServerResponse];
    await asked.promise;
    const isGone = once(response, 'close');
    client.abort();
    await expect(opening).rejects.toThrow();
    await isGone;
    answered.resolve();
    await ready();
    expect(hub.size).toBe(1);
  });
  it('tells timers of every partition', async () => {
    const stream = await ready();
    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
    expect(new Set(keys.map((key) => slotOf('default', key) % partitions)).size).toBe(partitions);
    world.now = (world.now + 1) as EpochMs;
    await Promise.all(keys.map((key) => create(key)));
    await count(stream, keys.length);
    expect(told(stream).sort()).toEqual(keys.map((key) => `${key} 1 TimerCreated`).sort());
  });
});
