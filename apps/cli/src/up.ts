import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { topicsOf } from '#contract';
import { EmbeddedServerProblem, type EmbeddedServers, ports, startEmbedded } from '#embedded';
import { BatchConsumer, partitionKey } from '#kafka';
import { Child } from './child.js';
import {
  announce,
  type DatabaseUrls,
  environment,
  homeDir,
  kafka,
  namedDatabases,
  runFileOf,
  topicPrefix,
} from './connection.js';
import { lifeLine } from './life.js';
import { makeSamples } from './samples.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** npm passes a Ctrl-C on that its terminal has sent us already: within this time it is the same one. */
const sameSignalMs = 1_000;

/** `carillon up`: everything on this machine, until Ctrl-C. */
export async function upCommand(): Promise<number> {
  const startedAt = performance.now();
  const up = new Up();
  const ended = new Promise<number>((resolve) => {
    onceAskedToEnd(() => resolve(0));
    up.onCrash = (why) => {
      say(why);
      resolve(1);
    };
  });
  try {
    const isUp = await Promise.race([up.start().then(() => true), ended.then(() => false)]);
    if (isUp)
      say(
        `\n  up after ${((performance.now() - startedAt) / 1000).toFixed(1)} s; Ctrl-C ends it. Logs: ${join('.carillon', 'logs')}\n`,
      );
    return await ended;
  } catch (error) {
    if (!(error instanceof EmbeddedServerProblem)) throw error;
    say(error.message);
    return 1;
  } finally {
    say('\n  stopping');
    await up.stop();
    say('  stopped');
  }
}

/** In order, and at once where somebody asks again: `exit` ends the processes, too. */
function onceAskedToEnd(end: () => void): void {
  let askedAtMs: number | null = null;
  const onSignal = (): void => {
    askedAtMs ??= performance.now();
    if (performance.now() - askedAtMs > sameSignalMs) process.exit(130);
    end();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  process.on('SIGPIPE', end);
}

class Up {
  onCrash: (why: string) => void = () => undefined;
  readonly #children: Child[] = [];
  #servers: EmbeddedServers | null = null;
  #feed: BatchConsumer | null = null;
  #isStopping = false;
  /** Takes back what tells others where this one is. */
  #withdraw: () => void = () => undefined;

  async start(): Promise<void> {
    mkdirSync(homeDir(), { recursive: true });
    say('\n  Carillon\n');
    const given = namedDatabases();
    this.#servers = await startEmbedded({
      homeDir: homeDir(),
      dataDir: join(homeDir(), 'data'),
      kafkaPort: portOf('CARILLON_KAFKA_PORT', ports.kafka),
      kafkaControllerPort: portOf('CARILLON_KAFKA_CONTROLLER_PORT', ports.kafkaController),
      postgresPort: portOf('CARILLON_POSTGRES_PORT', ports.postgres),
      env: { KAFKA_BROKERS: environment().KAFKA_BROKERS, DATABASE_URL: given?.[0] },
      note: (line) => say(`  ${line}`),
    });
    const { kafkaBrokers, databaseUrl } = this.#servers;
    say(`  Kafka     ${kafkaBrokers}`);
    say(`  Postgres  ${databaseUrl.replace(/:[^:@/]+@/, ':***@')}`);
    await this.#startProcesses(kafkaBrokers, given ?? [databaseUrl]);
    await this.#showLife(kafkaBrokers);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#withdraw();
    await this.#feed?.stop();
    // hooks first, then whoever feeds them
    for (const child of this.#children.toReversed()) await child.stop();
    await this.#servers?.stop();
  }

  async #startProcesses(kafkaBrokers: string, databaseUrls: DatabaseUrls): Promise<void> {
    const http = portOf('CARILLON_HTTP_PORT', ports.http);
    const env = {
      KAFKA_BROKERS: kafkaBrokers,
      // several are in the environment, which the processes inherit
      ...(environment().DATABASE_URLS === undefined && { DATABASE_URL: databaseUrls[0] }),
      LOG_LEVEL: environment().LOG_LEVEL ?? 'info',
    };
    // the scheduler makes schema and topics; the others need them
    await this.#startChild('scheduler', env);
    await Promise.all([
      this.#startChild('fire', env),
      this.#startChild('hooks-demo', env),
      // of this machine alone: whoever is on it may do everything, unless AUTH says otherwise
      this.#startChild('api', {
        ...env,
        CARILLON_ENV: environment().CARILLON_ENV ?? 'development',
        HTTP_PORT: String(http),
      }),
    ]);
    const run = runFileOf(kafkaBrokers, databaseUrls, `http://127.0.0.1:${http}`);
    this.#withdraw = announce(run);
    say(`  Dashboard ${run.httpUrl}/`);
    say(`  HTTP      ${run.httpUrl}  (${run.httpUrl}/docs to try it)`);
    say('  scheduler, fire, api and hooks-demo are up');
  }

  async #startChild(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    const child = Child.start(name, env, join(homeDir(), 'logs'));
    this.#children.push(child);
    process.once('exit', () => child.kill());
    child.onExit((code) => {
      if (!this.#isStopping) this.onCrash(`  ${name} ended with ${code}: see ${child.logFile}`);
    });
    await child.untilUp();
  }

  async #showLife(kafkaBrokers: string): Promise<void> {
    const settings = kafka(kafkaBrokers);
    this.#feed = new BatchConsumer(settings, {
      groupId: `carillon-up-${randomUUID()}`,
      topics: [topicsOf(topicPrefix()).events],
      startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
      onRecords: (_topic, _partition, records) => {
        for (const record of records) {
          const line = lifeLine(record);
          if (line !== null) say(line);
        }
      },
    });
    await this.#feed.start();
    if (environment().CARILLON_DEMO === 'off') return;
    const { made, found } = await makeSamples(settings, topicPrefix());
    say(`  sample timers: ${made} made, ${found} found again (CARILLON_DEMO=off leaves them out)\n`);
  }
}

function portOf(variable: string, fallback: number): number {
  const text = environment()[variable];
  const port = text === undefined ? fallback : Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new EmbeddedServerProblem(`${variable}=${text} is not a port: 1 to 65535`);
}
