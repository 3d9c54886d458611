import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Stage, until } from './stage.js';

// `npm run bench:watchers`: many watchers of one feed in one api process, each a connection of its own. What the process
// holds, how long a change takes to reach all of them, and whether each of them was told everything.

const watchers = Number(process.env.BENCH_WATCHERS ?? 10_000);
const connectsAtOnce = 250;
const timersMade = 200;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Counts what it is told, and keeps none of it. */
class Watcher {
  told = 0;
  isReady = false;
  lastAt = 0;
  #rest = '';

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'event: ready') this.isReady = true;
      if (line !== 'event: create') continue;
      this.told += 1;
      this.lastAt = performance.now();
    }
  }
}

async function watch(url: URL): Promise<Watcher> {
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  const watcher = new Watcher(socket);
  await once(socket, 'connect');
  socket.write(`GET /v1/watch HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
  return watcher;
}

async function watchMany(url: URL, count: number): Promise<Watcher[]> {
  const all: Watcher[] = [];
  while (all.length < count) {
    const some = Math.min(connectsAtOnce, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: some }, () => watch(url)))));
  }
  await until('every watcher is ready', async () => all.every(({ isReady }) => isReady), 120_000);
  return all;
}

const stage = await Stage.open();
try {
  await stage.start('scheduler');
  const api = await stage.start('api', {
    HTTP_PORT: '0',
    CARILLON_ENV: 'development',
    WATCHERS_MAX: String(watchers),
  });
  const url = new URL(await api.ask<string>('url'));
  const aloneMb = stage.residentMb(api);
  const startedAt = performance.now();
  const all = await watchMany(url, watchers);
  const connectedMs = Math.round(performance.now() - startedAt);
  const idleMb = stage.residentMb(api);

  let highestMb = idleMb;
  const sampling = setInterval(() => {
    highestMb = Math.max(highestMb, stage.residentMb(api));
  }, 100);
  const sentAt = performance.now();
  await stage.send(
    Array.from({ length: timersMade }, (_, n) => ({
      type: 'CreateTimer' as const,
      id: randomUUID(),
      namespace: 'bench',
      key: `watched-${n}`,
      timer: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h' },
    })),
  );
  await until(
    'everybody was told everything',
    async () => all.every(({ told }) => told >= timersMade),
    180_000,
  );
  clearInterval(sampling);
  const toAllMs = Math.round(Math.max(...all.map(({ lastAt }) => lastAt)) - sentAt);
  const twice = all.filter(({ told }) => told > timersMade).length;

  say(
    `${watchers} watchers of one feed  api alone ${aloneMb} MB, with all of them ${idleMb} MB, at most ${highestMb} MB`,
  );
  say(
    `  connected in ${connectedMs} ms; ${timersMade} creations told to all in ${toAllMs} ms; ${twice} told twice`,
  );
  mkdirSync('artifacts', { recursive: true });
  writeFileSync(
    'artifacts/watchers.json',
    `${JSON.stringify({ watchers, aloneMb, idleMb, highestMb, connectedMs, timersMade, toAllMs, twice }, null, 2)}\n`,
  );
  for (const { socket } of all) socket.destroy();
} finally {
  await stage.close();
}
process.exit(0);
