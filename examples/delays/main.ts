import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { openDelayQueue } from '#delays';
import { startLocalCarillon } from '../local.js';
import { delayService, post } from './service.js';

// `npm run example:delays`: the service, somebody who is posted to, and what happens. `-- --stay` keeps it up.

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const urlOf = async (server: Server, port = 0): Promise<string> => {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** Refuses each path as often as the path says, then takes it. */
const refusals = new Map<string, number>();
const target = createServer((request, response) => {
  const path = request.url ?? '/';
  const left = refusals.get(path) ?? Number(/\d+$/.exec(path)?.[0] ?? 0);
  refusals.set(path, left - 1);
  const status = left > 0 ? 503 : 200;
  say(`  ${new Date().toISOString().slice(11, 23)}  POST ${path} → ${status}`);
  response.writeHead(status).end();
});

const carillon = await startLocalCarillon('delays');
const queue = openDelayQueue({
  ...carillon,
  triggers: { post },
  namespace: 'example',
  maxRetry: 3,
  retryMinMs: 200,
});
await queue.start();
const service = delayService(queue);
const [targetUrl, serviceUrl] = [await urlOf(target), await urlOf(service, Number(process.env.PORT ?? 0))];
say(`\n  the service listens on ${serviceUrl}\n`);

const call = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
  const response = await fetch(`${serviceUrl}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
};
const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await after(100);
  }
};

await call('POST', '/posts', { url: `${targetUrl}/on-time`, afterMs: 500, id: 'on-time' });
await call('POST', '/posts', { url: `${targetUrl}/refused-twice-2`, afterMs: 500, id: 'refused' });
await call('POST', '/posts', { url: `${targetUrl}/hopeless-4`, afterMs: 500, id: 'hopeless' });
await call('POST', '/posts', { url: `${targetUrl}/never`, afterMs: 3_600_000, id: 'never' });
say(`  cancelled: ${(await call('DELETE', '/posts/never')).found}`);
const givenUp = async () => (await queue.listGivenUp()).events;
await until('one is given up', async () => (await givenUp()).length === 1);
for (const { id, attempts, lastError } of await givenUp())
  say(`  given up: ${id} after ${attempts} attempts (${lastError}); redriven`);
await call('POST', '/given-up/hopeless');
await until('all have ended', async () => {
  const stat = await call('GET', '/stat');
  // three at first, one given up, one cancelled: five ends in all
  return stat['futurama.MySQLStore.nbComplete'] === 5;
});
const { 'futurama.Scheduler.nbTriggered': triggered, 'futurama.MySQLStore.nbRetry': retried } = await call(
  'GET',
  '/stat',
);
say(`\n  ${triggered} runs, ${retried} of them retries; everything has ended\n`);

if (process.argv.includes('--stay')) {
  say('  Ctrl-C ends it');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
for (const server of [service, target]) {
  server.closeAllConnections();
  server.close();
}
await queue.stop();
await carillon.stop();
process.exit(0);
