import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { TcpProxy } from './tcp-proxy.js';

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

describe('a proxy that breaks connections', () => {
  it('carries both ways, breaks what it carries, and takes new ones again', async () => {
    const echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(
      0,
      '127.0.0.1',
    );
    await once(echo, 'listening');
    const proxy = new TcpProxy(await freePort(), (echo.address() as AddressInfo).port);
    await proxy.start();
    const open = () => connect(proxy.port, '127.0.0.1').on('error', () => undefined);

    const first = open();
    first.write('there');
    expect(String((await once(first, 'data'))[0])).toBe('there');
    const broken = closed(first);
    proxy.refuses = true;
    await broken;
    await closed(open());

    proxy.refuses = false;
    const again = open();
    again.write('back');
    expect(String((await once(again, 'data'))[0])).toBe('back');
    await proxy.stop();
    echo.close();
  });
});
