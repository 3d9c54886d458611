import { expect, it } from 'vitest';
import { freshDatabase } from '../../../test/harness/database.js';
import { inDatabase } from './connection.js';
import { explain } from './errors/explain.js';

it('a connection that is cut off, at work or at rest, fails the command with exit code 3 and does not end the process', async () => {
  const database = await freshDatabase();
  const cutOff = inDatabase(database.url, async (pool) => {
    const [atWork, atRest] = [await pool.connect(), await pool.connect()];
    const { rows } = await atRest.query<{ pid: number }>('select pg_backend_pid() as pid');
    atRest.release();
    const asked = atWork.query('select pg_terminate_backend($1), pg_terminate_backend(pg_backend_pid())', [
      rows[0]?.pid,
    ]);
    await asked.finally(() => atWork.release());
  });
  const error = await cutOff.catch((caught: unknown) => caught);
  expect(explain(error)).toMatchObject({ code: '57P01', exitCode: 3 });
  await database.drop();
});
