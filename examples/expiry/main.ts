import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { openExpirations } from '#expiry';
import { startLocalCarillon } from '../local.js';
import { sessionService } from './service.js';

// `npm run example:expiry`: sessions over HTTP, and what becomes of them. `-- --stay` keeps it up.

const startedAt = Date.now();
const say = (line: string): void =>
  void process.stdout.write(`  ${((Date.now() - startedAt) / 1_000).toFixed(2).padStart(6)}s  ${line}\n`);

const carillon = await startLocalCarillon('expiry');
const expirations = openExpirations({ ...carillon, namespace: 'sessions', maxPause: '30s' });
const names = new Map<string, string>();
const loggedOut = new Set<string>();
const logOut = expirations.closer('log-out', ({ id }) => {
  loggedOut.add(names.get(id) ?? id);
  say(`${names.get(id)} is logged out: not renewed in time`);
});
await expirations.start();

/** Takes longer than the lease; refuses Bob. */
const authorise = async (id: string): Promise<void> => {
  await after(4_500);
  if (names.get(id) === 'bob') throw new Error('the account is closed');
};
const service = sessionService(expirations, logOut, { authorise, leaseMs: 4_000 });
service.listen(Number(process.env.PORT ?? 0), '127.0.0.1');
await once(service, 'listening');
const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/sessions`;
say(`sessions at ${url}, leased for four seconds`);

const call = async (method: string, path = '', body?: object): Promise<Record<string, string>> => {
  const response = await fetch(`${url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, string>;
};
const logIn = async (name: string): Promise<string> => {
  const { id = '' } = await call('POST', '', { user: name });
  names.set(id, name);
  say(`${name} is logged in`);
  return id;
};
const [ada, bob, eve] = [await logIn('ada'), await logIn('bob'), await logIn('eve')];
await logIn('tim');
await call('DELETE', `/${eve}`);
say('eve has logged out by herself');
const renew = async (id: string): Promise<void> => {
  const answer = await call('PUT', `/${id}`);
  say(`${names.get(id)}: ${answer.error ?? `renewed until ${answer.expiresAt}`}`);
};
// both renewals take longer than what is left of the lease: nobody is logged out while they last
await Promise.all([renew(ada), renew(bob)]);
while (loggedOut.size < 3) {
  if (Date.now() - startedAt > 80_000) throw new Error(`logged out after 80 s: ${[...loggedOut].join(', ')}`);
  await after(50);
}
await renew(ada);
say('everybody is out');

if (process.argv.includes('--stay')) {
  say('Ctrl-C ends it');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
service.closeAllConnections();
service.close();
await expirations.stop();
await carillon.stop();
process.exit(0);
