import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './port.js';
import { isUp } from './postgres.js';

const urlOf = (port: number): string => `postgresql://carillon:secret@127.0.0.1:${port}/carillon`;

it('a server that does not listen yet, or takes its time to answer, is not up, and nothing is wrong with it', async () => {
  expect(await isUp(urlOf(await freePort()))).toBe(false);
  const sockets: Socket[] = [];
  const busy = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(busy, 'listening');
  expect(await isUp(urlOf((busy.address() as AddressInfo).port))).toBe(false);
  for (const socket of sockets) socket.destroy();
  busy.close();
});
