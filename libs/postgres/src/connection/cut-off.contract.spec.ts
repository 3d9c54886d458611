import { afterAll, beforeAll, expect, it } from 'vitest';
import { HotConnection } from '#postgres';
import { freshDatabase } from '../../../../test/harness/database.js';

let lost = Promise.withResolvers<void>();
const log = { warn: () => lost.resolve() };
const one = { statement: { name: 'one', text: 'select 1' }, values: [] };
const slow = { statement: { name: 'slow', text: 'select pg_sleep(1)' }, values: [] };
const begin = { statement: { name: 'begin', text: 'begin' }, values: [] };

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

it('says of what the server cut off that it took too long, also when it comes to know of it later', async () => {
  const connection = new HotConnection({
    databaseUrl: database.url,
    applicationName: 'slow',
    log,
    transactionTimeoutMs: 200,
    idleInTransactionTimeoutMs: 100,
  });
  try {
    await expect(connection.send([slow])).rejects.toMatchObject({ isTooSlow: true });
    await connection.abandon();
    lost = Promise.withResolvers();
    const session = await connection.session();
    await session.send([begin]);
    await lost.promise;
    await expect(session.send([one])).rejects.toMatchObject({ isTooSlow: true });
    await connection.send([one]);
  } finally {
    await connection.close();
  }
});
