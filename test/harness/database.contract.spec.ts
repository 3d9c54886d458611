import pg from 'pg';
import { expect, it } from 'vitest';
import { freshDatabase } from './database.js';

it('a database is dropped when those who leave it have left, and is not waited for for ever', async () => {
  const database = await freshDatabase();
  const [leaving, staying] = [0, 1].map(() => new pg.Client({ connectionString: database.url }));
  const ended = new Set<string>();
  for (const [name, client] of Object.entries({ leaving, staying })) {
    client?.on('error', () => ended.add(name));
    await client?.connect();
  }
  // as a pool does that says it has ended before its sockets are closed
  setTimeout(() => void leaving?.end(), 200);
  await database.drop();
  expect([...ended]).toEqual(['staying']);
});
