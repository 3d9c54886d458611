import pg from 'pg';
import { migrate, PostgresApiKeys } from '#postgres';
import { apiKeysContract } from '#testing';
import { freshDatabase } from '../../../../test/harness/database.js';

apiKeysContract('Postgres', async () => {
  const database = await freshDatabase();
  await migrate(database.url, 8);
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  return {
    store: new PostgresApiKeys(pool),
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
});
