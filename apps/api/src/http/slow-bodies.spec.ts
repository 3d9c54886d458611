import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantsOf } from '#engine';
import { eventually } from '../../../../test/harness/wait.js';
import { openWorld, type World } from '../spec-dsl.js';
import type { Authenticator } from './access.js';

const requestTimeoutMs = 1_000;
/** Whoever says `who: root` is. */
const byHeader: Authenticator = {
  authenticate: async ({ headers }) =>
    headers.who === 'root' ? { name: 'root', grants: grantsOf(['*:admin']), expiresAt: null } : null,
};

describe('a body that does not come', () => {
  let patient: World;
  let hasty: World;
  const open = async (env: Readonly<Record<string, string>>): Promise<World> => {
    const world = await openWorld({ WATCH_HEARTBEAT_MS: '100', ...env }, byHeader);
    await world.app.listen(0, '127.0.0.1');
    return world;
  };
  beforeAll(async () => {
    patient = await open({});
    hasty = await open({ REQUEST_TIMEOUT_MS: String(requestTimeoutMs) });
  });
  afterAll(() => Promise.all([patient.close(), hasty.close()]));
  const portOf = ({ app }: World): number => (app.getHttpServer().address() as AddressInfo).port;

  /** Says how much follows, sends one byte of it, and falls silent. */
  const begin = async (world: World, method: string, path: string, who = 'nobody') => {
    const socket: Socket = connect(portOf(world), '127.0.0.1');
    let heard = '';
    socket.on('data', (piece) => {
      heard += String(piece);
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: x\r\nwho: ${who}\r\ncontent-type: application/json\r\ncontent-length: 4000000\r\n\r\n{`,
    );
    return { socket, heard: () => heard };
  };
  it.each([
    ['POST', '/v1/timers'],
    ['PATCH', '/v1/timers/0f'],
    ['DELETE', '/v1/timers/0f'],
    ['POST', '/there-is-no-such-path'],
    ['OPTIONS', '/v1/timers'],
  ])('is not waited for where nobody knows who sends it: %s %s', async (method, path) => {
    const { socket, heard } = await begin(patient, method, path);
    // long before its time is over, which would answer too
    await eventually('an answer', () => heard().includes('}'), 10_000);
    expect(heard()).toMatch(/^HTTP\/1.1 401 .*"code":"unauthenticated"/s);
    socket.destroy();
  });

  it('is waited for no longer than a request may take, whoever sends it', async () => {
    const { socket, heard } = await begin(hasty, 'POST', '/v1/timers', 'root');
    await eventually('the end of the connection', () => socket.closed, 20_000);
    expect(heard()).toMatch(/^HTTP\/1.1 408 /);
  });

  it('has nothing to do with a stream that lasts', async () => {
    const response = await fetch(`http://127.0.0.1:${portOf(hasty)}/v1/watch`, { headers: { who: 'root' } });
    const began = performance.now();
    const decoder = new TextDecoder();
    let told = '';
    for await (const piece of response.body ?? []) {
      told += decoder.decode(piece);
      if (performance.now() - began > 3 * requestTimeoutMs) break;
    }
    expect([response.status, told.includes('event: ready')]).toEqual([200, true]);
  });
});
