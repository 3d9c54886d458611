import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QueryUnavailableError, TransientLogError } from '#engine';
import { HotConnection } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';
import { ReadPool } from '../queries/read-pool.js';
import { openPool } from './pool.js';

const log = { warn: () => undefined };
const one = { statement: { name: 'one', text: 'select 1' }, values: [] };

/** A way to the server on which everything is lost from some moment on, as it is when the machine behind it is gone. */
async function lossyWay(url: string) {
  const [target, way] = [new URL(url), new URL(url)];
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    sockets.push(near, far);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  way.hostname = '127.0.0.1';
  way.port = String((server.address() as AddressInfo).port);
  return {
    url: way.href,
    lose: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

it('gives up a server that says nothing, and connects anew', async () => {
  const way = await lossyWay(database.url);
  const connection = new HotConnection({
    databaseUrl: way.url,
    applicationName: 'silent',
    log,
    // the first answer comes within it, on a busy machine too
    answerTimeoutMs: 2_000,
  });
  try {
    await connection.send([one]);
    way.lose();
    await expect(connection.send([one])).rejects.toBeInstanceOf(TransientLogError);
    await connection.abandon();
    const [answer] = await connection.send([one]);
    expect(answer?.rows).toEqual([[1]]);
    expect(connection.generation).toBe(2);
  } finally {
    await connection.close();
    way.close();
  }
});

it('gives up a query of a pool that is not answered, and the next one goes by a connection of its own', async () => {
  const way = await lossyWay(database.url);
  const pool = openPool({
    databaseUrl: way.url,
    applicationName: 'silent',
    log,
    connectionsMax: 1,
    queryTimeoutMs: 2_000,
  });
  try {
    await pool.query('select 1');
    way.lose();
    await expect(pool.query('select 1')).rejects.toThrow('timeout');
    expect((await pool.query('select 1')).rowCount).toBe(1);
  } finally {
    await pool.end();
    way.close();
  }
});

it('gives up a query of the api that is not answered, and the next one goes by a connection of its own', async () => {
  const way = await lossyWay(database.url);
  const pool = new ReadPool({
    databaseUrl: way.url,
    applicationName: 'silent',
    log,
    connectionsMax: 1,
    statementTimeoutMs: 500,
  });
  try {
    await pool.rows('select 1', []);
    way.lose();
    await expect(pool.rows('select 1', [])).rejects.toBeInstanceOf(QueryUnavailableError);
    expect(await pool.rows('select 1', [])).toEqual([[1]]);
  } finally {
    await pool.close();
    way.close();
  }
});

it('closes a connection to a server that says nothing', async () => {
  const way = await lossyWay(database.url);
  const connection = new HotConnection({ databaseUrl: way.url, applicationName: 'silent', log });
  await connection.send([one]);
  way.lose();
  await connection.close();
  way.close();
});
