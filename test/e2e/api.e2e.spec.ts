import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandRejectedError, TimerClient } from '#client';
import { InMemoryTimers, wrongTimers } from '#testing';
import { Cluster } from '../harness/cluster.js';
import { CurlShell, shellCommands } from '../harness/curl-shell.js';
import { EventStream } from '../harness/event-stream.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

let cluster: Cluster;
let api: { readonly process: TestProcess; readonly url: string };
let client: TimerClient;

beforeAll(async () => {
  cluster = await Cluster.open();
  await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
  api = await cluster.api({ WATCH_BUFFER_BYTES_MAX: '65536', WATCH_HEARTBEAT_MS: '500' });
  client = await cluster.client();
});
afterAll(() => cluster.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  readonly body: any;
}

async function curl(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
}
/** Nothing of it is due while this runs. */
const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', startAt: '2100-01-01T00:00:00Z' };
const readied = async (path: string, lastEventId?: string): Promise<EventStream> => {
  const stream = await EventStream.open(`${api.url}${path}`, lastEventId);
  await eventually('the stream is ready', () => stream.has('ready'));
  return stream;
};

describe('curl alone', () => {
  it('creates, previews, watches, inspects and closes', async () => {
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '300ms', hookClass: 'billing' };
    const preview = await curl('POST', '/v1/preview', { timer });
    expect(preview.body.fires).toHaveLength(1);
    const stream = await readied('/v1/watch?key=invoice-17&include=timer');
    const created = await curl(
      'POST',
      '/v1/timers',
      { key: 'invoice-17', ...timer },
      { 'x-carillon-actor': 'ada' },
    );
    expect([created.status, created.headers.get('etag')]).toEqual([201, '"1"']);
    const path = String(created.headers.get('location'));

    const due = await eventually('its event', () =>
      stream.facts.find(({ data }) => data.type === 'EventTriggered'),
    );
    expect(due.data.timer).toMatchObject({ status: 'open', attempt: 1 });
    expect((await curl('GET', '/v1/timers?status=open&keyPrefix=invoice')).body.timers).toHaveLength(1);
    const { eventId, attempt } = due.data.timer;
    const closed = await curl('POST', `${path}/close`, { eventId, attempt, summaryData: '{"paid":true}' });
    expect(closed.body).toMatchObject({ status: 'ended', summaryData: '{"paid":true}' });

    const history = await curl('GET', '/v1/namespaces/default/timers/invoice-17/events');
    expect(history.body.events.map(({ type }: { type: string }) => type)).toEqual([
      'TimerCreated',
      'EventTriggered',
      'EventClosed',
    ]);
    expect(history.body.events[2].data).toMatchObject({ ended: { reason: 'done' } });
    expect(history.body.events[0]).toMatchObject({
      actor: 'ada',
      source: { topic: cluster.topics.commands },
    });
    const triggeredAt = history.body.events[1].recordedAt;
    expect((await curl('GET', `${path}?version=2`)).body.status).toBe('open');
    expect((await curl('GET', `${path}?at=${triggeredAt}`)).body.eventStatus).toBe('TRIGGER');
    expect((await curl('GET', `${path}/next`)).body).toMatchObject({ fires: [], ended: 'done' });
    const why = await curl('GET', `${path}/why`);
    expect(why.body.findings).toContainEqual(expect.objectContaining({ verdict: 'fired' }));
    // the feed comes after the answer
    await eventually('all three facts', () => stream.facts.length >= 3);
    expect(stream.facts.map(({ data }) => data.version)).toEqual([1, 2, 3]);
    stream.close();
    expect((await curl('DELETE', path)).status).toBe(200);
    expect((await curl('GET', path)).body).toMatchObject({ code: 'timer-not-exist', status: 404 });
  });
});

describe('the documents, with the curl of this machine', () => {
  it('take a timer through its life: preview, create, watch, inspect, fire, close', async () => {
    const shell = await CurlShell.open({ API: api.url });
    try {
      for (const command of shellCommands('docs/http.md')) await shell.run(command);
      await eventually('the watch has seen all of it', () => shell.streamed.includes('TimerDeleted'));
      for (const type of ['TimerCreated', 'EventTriggered', 'EventClosed', 'TimerPaused'])
        expect(shell.streamed).toContain(type);
      for (const told of ['"fires":[', '"key":"report"', '"verdict":"fired"'])
        expect(shell.answers.join('\n')).toContain(told);
    } finally {
      await shell.close();
    }
  });
  it('answer an open event, and start as the readme says', async () => {
    await client.createTimer({ key: 'by-hand', ...hourly, hookClass: 'by-hand' });
    await client.manualTriggerEvent({ key: 'by-hand' });
    const open = await eventually('its event', async () => {
      const { body } = await curl('GET', '/v1/namespaces/default/timers/by-hand');
      return body.eventId === undefined ? null : (body as { id: string; eventId: string });
    });
    const shell = await CurlShell.open({ API: api.url, ID: open.id });
    try {
      for (const command of shellCommands('docs/guide/acknowledging.md'))
        await shell.run(command.replace('"eventId":"…"', `"eventId":"${open.eventId}"`));
      expect(shell.answers).toEqual([
        expect.stringContaining('"progress":"half of it"'),
        expect.stringContaining('"summaryData":"{\\"sent\\":3}"'),
      ]);
      for (const command of shellCommands('README.md', 'curl')) await shell.run(command);
      expect(shell.answers.at(-1)).toContain('"key":"tea"');
    } finally {
      await shell.close();
    }
  });
});

describe('commands by HTTP', () => {
  it('are applied once with one Idempotency-Key, and refused on another version', async () => {
    const headers = { 'idempotency-key': 'the same' };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => curl('POST', '/v1/timers', { key: 'once', ...hourly }, headers)),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const path = `/v1/timers/${answers[0]?.body.id}`;
    expect((await curl('PATCH', path, { tags: ['a'] }, { 'if-match': '"1"' })).status).toBe(200);
    const late = await curl('PATCH', path, { tags: ['b'] }, { 'if-match': '"1"' });
    expect([late.status, late.body.code]).toEqual([412, 'version-not-match']);
    expect((await curl('GET', path)).body.tags).toEqual(['a']);
  });
  it('are refused in the words of the reply, of the rejected record and of the client in memory; nothing changes', async () => {
    const rejected = await cluster.tail(cluster.topics.rejected);
    const written = async () => {
      // the tea of the readme is ready after three minutes, whatever is refused meanwhile
      const { rows: found } = await cluster.pool.query(
        `select count(*)::int as events from event_log where record_key <> 'default/tea'`,
      );
      return Number(found[0]?.events);
    };
    const there = await client.createTimer({ key: 'stays', ...hourly });
    const before = await written();
    const toldTo = (call: Promise<unknown>) =>
      call.then(
        () => 'accepted',
        ({ code, field, message }: CommandRejectedError) => ({ code, field, message }),
      );
    const toldByHttp = async (method: string, path: string, given: unknown) => {
      const { code, field, detail } = (await curl(method, path, given)).body;
      return { code, field, message: detail };
    };
    const memory = new InMemoryTimers();
    await memory.createTimer({ key: 'stays', ...hourly });
    const toldByRecord = async (commandId: string) => {
      const { headers } = await eventually('its rejection', () =>
        rejected.records.find((record) => record.headers.commandId?.toString() === commandId),
      );
      return {
        code: headers.code?.toString(),
        field: headers.field?.toString(),
        message: headers.message?.toString(),
      };
    };
    await Promise.all(
      wrongTimers.map(async ({ wrong, field }) => {
        const timer = { key: 'wrong', ...hourly, ...wrong } as never;
        const commandId = randomUUID();
        const told = await toldTo(client.createTimer(timer, { commandId }));
        expect(told).toMatchObject({ field });
        expect(await toldByHttp('POST', '/v1/timers', timer)).toEqual(told);
        expect(await toldTo(memory.createTimer(timer))).toEqual(told);
        expect(await toldByRecord(commandId)).toEqual(told);
        if ('key' in wrong || 'namespace' in wrong) return;
        const change = await toldTo(client.updateTimer({ key: 'stays' }, wrong));
        expect(change).not.toBe('accepted');
        expect(await toldByHttp('PATCH', '/v1/namespaces/default/timers/stays', wrong)).toEqual(change);
        expect(await toldTo(memory.updateTimer({ key: 'stays' }, wrong))).toEqual(change);
      }),
    );
    expect(await client.pauseTimer({ key: 'stays' })).toMatchObject({ version: there.version + 1 });
    await client.deleteTimer({ key: 'stays' });
    // the pause and the deletion: nothing else was written
    expect(await written()).toBe(before + 2);
  });
  it('leave receipts that outlive a killed process', async () => {
    const prefer = { prefer: 'respond-async' };
    const made = await curl('POST', '/v1/timers', { key: 'async', ...hourly }, prefer);
    const again = await curl('POST', '/v1/timers', { key: 'async', ...hourly }, prefer);
    expect([made.status, again.status]).toEqual([202, 202]);
    await eventually(
      'it is there',
      async () => (await curl('GET', '/v1/namespaces/default/timers/async')).body.id,
    );
    const deleted = await curl('DELETE', '/v1/namespaces/default/timers/async', undefined, prefer);
    await eventually(
      'it is gone',
      async () => (await curl('GET', '/v1/namespaces/default/timers/async')).status === 404,
    );
    await api.process.kill();
    api = await cluster.api({ WATCH_BUFFER_BYTES_MAX: '65536', WATCH_HEARTBEAT_MS: '500' });
    const receipt = async ({ headers }: Answer) => (await curl('GET', String(headers.get('location')))).body;
    expect(await receipt(made)).toMatchObject({ status: 'applied', version: 1, timer: { key: 'async' } });
    expect(await receipt(again)).toMatchObject({ status: 'rejected', code: 'timer-exists' });
    expect(await receipt(deleted)).toMatchObject({ status: 'applied', version: 2, timer: { key: 'async' } });
  });
});

describe('a watch', () => {
  it('goes on where it was after the process was killed: nothing is lost, each timer in order', async () => {
    const stream = await readied('/v1/watch?keyPrefix=w-');
    const keys = Array.from({ length: 12 }, (_, n) => `w-${n}`);
    let isMaking = true;
    const making = (async () => {
      await Promise.all(keys.map((key) => client.createTimer({ key, ...hourly })));
      for (let round = 0; round < 12; round += 1)
        await Promise.all(keys.map((key) => client.updateTimer({ key }, { tags: [`${round}`] })));
      isMaking = false;
    })();
    await eventually('some of it', () => stream.facts.length > 30);
    await api.process.kill();
    await eventually('the stream breaks', () => stream.isClosed);
    const { lastEventId } = stream;
    await making;
    expect(isMaking).toBe(false);
    api = await cluster.api({ WATCH_BUFFER_BYTES_MAX: '65536', WATCH_HEARTBEAT_MS: '500' });
    const rest = await readied('/v1/watch?keyPrefix=w-', lastEventId);
    const told = [...stream.facts, ...rest.facts].map(({ data }) => data as { key: string; version: number });
    const versions = Array.from({ length: 13 }, (_, n) => n + 1);
    for (const key of keys)
      expect([key, told.filter((one) => one.key === key).map(({ version }) => version)]).toEqual([
        key,
        versions,
      ]);
    rest.close();
  });
  it('drops a slow reader, which comes again and has missed nothing', async () => {
    const slow = await readied('/v1/watch?keyPrefix=s-');
    slow.response.pause();
    const data = 'x'.repeat(200_000);
    const made: string[] = [];
    // more than the sockets' buffers and the bound together
    for (let round = 0; round < 12; round += 1) {
      const some = Array.from({ length: 10 }, (_, n) => `s-${round * 10 + n}`);
      await Promise.all(some.map((key) => client.createTimer({ key, ...hourly, data })));
      made.push(...some);
    }
    slow.response.resume();
    await eventually('it is told', () => slow.isClosed);
    expect(slow.messages.at(-1)).toMatchObject({ event: 'dropped', data: { code: 'slow-reader' } });
    const again = await readied('/v1/watch?keyPrefix=s-', slow.lastEventId);
    const told = [...slow.facts, ...again.facts].map(({ data: { key } }) => key as string);
    expect(told.sort()).toEqual(made.sort());
    again.close();
  });
  it('is told to come again when its process goes away in peace', async () => {
    const stream = await readied('/v1/watch?key=none');
    await api.process.stop();
    await eventually('the stream ends', () => stream.isClosed);
    expect(stream.messages.at(-1)).toMatchObject({ event: 'bye' });
    expect(api.process.endedBy).toBeNull();
    api = await cluster.api();
  });
});

it('a process that can do its work says so', async () => {
  expect((await curl('GET', '/health/ready')).body).toEqual({ status: 'ok' });
});
