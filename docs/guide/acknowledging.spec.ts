import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorld, type World } from '../../apps/api/src/spec-dsl.js';
import { commandBytesMax, parseCommand } from '../../libs/contract/src/index.js';
import type { TimerId } from '../../libs/timer/src/index.js';

// #region work
interface OpenEvent {
  readonly id: string;
  readonly eventId: string;
  readonly attempt: number;
}

/** Works on one open event, and says how it went. `work` may tell of its progress, and stops when `signal` fires. */
async function workOn(
  api: string,
  { id, eventId, attempt }: OpenEvent,
  work: (progress: (text: string) => Promise<void>, signal: AbortSignal) => Promise<string>,
): Promise<string> {
  const lost = new AbortController();
  const say = async (action: string, fields: object): Promise<void> => {
    const answer = await fetch(`${api}/v1/timers/${id}/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ eventId, attempt, ...fields }),
    });
    if (answer.ok) return;
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    // somebody else has the event by now, or it is closed: whatever we do does not count any more
    if (['stale-attempt', 'event-id-not-match', 'no-open-event', 'timer-not-exist'].includes(code))
      lost.abort();
    throw new Error(`${code}: ${detail}`);
  };
  try {
    const summaryData = await work((progress) => say('heartbeat', { progress }), lost.signal);
    await say('close', { summaryData });
    return 'closed';
  } catch (error) {
    if (lost.signal.aborted) return 'not ours any more';
    await say('retry', { error: String(error), after: '30s' });
    return 'to be tried again';
  }
}
// #endregion

const page = readFileSync('docs/guide/acknowledging.md', 'utf8');
let world: World;
let api: string;
beforeAll(async () => {
  world = await openWorld();
  await world.app.listen(0, '127.0.0.1');
  api = await world.app.getUrl();
});
afterAll(() => world.close());

async function opened(key: string): Promise<OpenEvent> {
  const body = { key, schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'billing' };
  const made = await world.app.inject({ method: 'POST', url: '/v1/timers', payload: body });
  await world.fire(made.json<{ id: TimerId }>().id);
  return (
    await world.app.inject({ method: 'GET', url: `/v1/namespaces/default/timers/${key}` })
  ).json<OpenEvent>();
}
const now = async ({ id }: OpenEvent) =>
  (await world.app.inject({ method: 'GET', url: `/v1/timers/${id}` })).json<Record<string, unknown>>();

it('docs/guide/acknowledging.md shows code that runs', () => {
  const source = readFileSync('docs/guide/acknowledging.spec.ts', 'utf8');
  const [, shown] = /\/\/ #region work\n([\s\S]*?)\/\/ #endregion/.exec(source) ?? [];
  expect(page).toContain(shown?.trim());
});

it('and commands that are read', () => {
  const shown = [...page.matchAll(/^\{"type":.*\}$/gm)].map(([line]) => line);
  expect(shown).toHaveLength(4);
  for (const line of shown)
    expect(parseCommand({ key: null, value: Buffer.from(line) }, commandBytesMax)).toMatchObject({
      ok: true,
    });
});

it('closes what went well, with what it leaves behind', async () => {
  const event = await opened('well');
  const ended = await workOn(api, event, async (progress) => {
    await progress('half of it');
    expect(await now(event)).toMatchObject({ progress: 'half of it' });
    return '{"sent":3}';
  });
  expect(ended).toBe('closed');
  expect(await now(event)).toMatchObject({ eventStatus: 'IDLE', summaryData: '{"sent":3}' });
});

it('has tried again what failed', async () => {
  const event = await opened('badly');
  const ended = await workOn(api, event, () => Promise.reject(new Error('the bank is closed')));
  expect(ended).toBe('to be tried again');
  expect(await now(event)).toMatchObject({ status: 'open', lastError: 'Error: the bank is closed' });
});

it('stops when the event is somebody else’s', async () => {
  const event = await opened('taken');
  const ended = await workOn(api, event, async (progress, signal) => {
    await world.app.inject({
      method: 'POST',
      url: `/v1/timers/${event.id}/close`,
      payload: { eventId: event.eventId },
    });
    await progress('too late').catch(() => undefined);
    expect(signal.aborted).toBe(true);
    throw signal.reason;
  });
  expect(ended).toBe('not ours any more');
});
