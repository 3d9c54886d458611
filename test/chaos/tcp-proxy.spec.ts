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

    proxy.freezes = true;
    const late = open();
    await once(late, 'connect');
    for (const socket of [again, late]) socket.write('held');
    const heard = [again, late].map((socket) => once(socket, 'data'));
    // a third way to the server, which is there and back, tells that time enough has passed
    const beside = connect((echo.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    beside.write('beside');
    await once(beside, 'data');
    expect([again.bytesRead, late.bytesRead]).toEqual(['back'.length, 0]);
    proxy.freezes = false;
    expect((await Promise.all(heard)).map(([data]) => String(data))).toEqual(['held', 'held']);
    beside.destroy();
    await proxy.stop();
    echo.close();
  });
});
