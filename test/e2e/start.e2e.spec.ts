import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { Cluster } from '../harness/cluster.js';
import { eventually } from '../harness/wait.js';

const apps = ['scheduler', 'fire', 'api'] as const;
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.open();
});
afterAll(() => cluster.close());

it('a process that waits for a migration is live and not ready, and the api has everything else asked for again', async () => {
  const migration = await cluster.pool.connect();
  await migration.query(`select pg_advisory_lock(hashtext('carillon.migrate'))`);
  const ports = await Promise.all(apps.map(() => freePort()));
  const started = Promise.all(
    apps.map((app, place) => cluster.start(app, { HTTP_PORT: String(ports[place]) })),
  );
  started.catch(() => undefined);
  const ask = (path: string) => Promise.all(ports.map((port) => fetch(`http://127.0.0.1:${port}${path}`)));
  const statuses = (path: string) =>
    ask(path).then(
      (answers) => answers.map(({ status }) => status),
      () => [],
    );
  await eventually('all are live', async () => `${await statuses('/health/live')}` === '200,200,200');
  expect(await statuses('/health/ready')).toEqual([503, 503, 503]);
  const answer = await fetch(`http://127.0.0.1:${ports[2]}/v1/timers`);
  expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'not-ready' })]);
  migration.release(true);
  await started;
  await eventually('all are ready', async () => `${await statuses('/health/ready')}` === '200,200,200');
});
