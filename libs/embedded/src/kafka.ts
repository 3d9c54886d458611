import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GuardedProcess } from './guarded-process.js';
import { isPortFree } from './port.js';
import { EmbeddedServerProblem, wayOut } from './problem.js';
import { versions } from './versions-and-ports.js';

const run = promisify(execFile);
const here = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));
/** Any fixed id does: this cluster has one node. */
const clusterId = 'Y2FyaWxsb24tZW1iZWRkZQ';
const startTimeoutMs = 60_000;

export interface KafkaOptions {
  /** Jars and data lie below it. */
  readonly homeDir: string;
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly note: (line: string) => void;
}

export class EmbeddedKafka {
  #process: GuardedProcess | null = null;

  constructor(private readonly options: KafkaOptions) {}

  get brokers(): string {
    return `127.0.0.1:${this.options.port}`;
  }

  get pid(): number | null {
    return this.#process?.isRunning ? this.#process.pid : null;
  }

  async start(): Promise<void> {
    const { port, controllerPort, dataDir, note } = this.options;
    await checkJava();
    const jars = await fetchJars(this.options.homeDir, note);
    for (const wanted of [port, controllerPort]) {
      if (!(await isPortFree(wanted))) {
        throw new EmbeddedServerProblem(
          `port ${wanted} is taken, and the embedded Kafka needs it: end what listens there, or set CARILLON_KAFKA_PORT. ${wayOut}`,
        );
      }
    }
    mkdirSync(dataDir, { recursive: true });
    const properties = join(dataDir, 'server.properties');
    writeFileSync(properties, serverProperties(this.options));
    const java = (main: string, ...args: string[]) => [
      ...jvmFlags(dataDir),
      '-cp',
      join(jars, '*'),
      main,
      ...args,
    ];
    if (!existsSync(join(dataDir, 'log', 'meta.properties'))) {
      await run('java', java('kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties));
    }
    await this.#launch(java('kafka.Kafka', properties));
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  async #launch(args: readonly string[]): Promise<void> {
    let announce: () => void = () => undefined;
    const up = new Promise<void>((resolve) => {
      announce = resolve;
    });
    const server = await GuardedProcess.start(
      { file: 'java', args, cwd: this.options.dataDir, stopSignal: 'SIGTERM' },
      (line) => {
        if (line.includes('Kafka Server started')) announce();
      },
    );
    const deadline = Date.now() + startTimeoutMs;
    let isUp = false;
    up.then(() => {
      isUp = true;
    });
    while (!isUp && server.isRunning && Date.now() < deadline) {
      await Promise.race([up, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
    if (!isUp) {
      await server.stop();
      throw new EmbeddedServerProblem(
        `Kafka did not come up; see ${join(this.options.dataDir, 'kafka.log')}. ${server.tail}`,
      );
    }
    this.#process = server;
  }
}

async function checkJava(): Promise<void> {
  const { stderr } = await run('java', ['-version']).catch((error: unknown) => {
    throw new EmbeddedServerProblem(
      `Java ${versions.javaMin} or newer is needed for the embedded Kafka, and there is no java on the PATH. ${wayOut}`,
      { cause: error },
    );
  });
  const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  if (major < versions.javaMin) {
    throw new EmbeddedServerProblem(
      `Java ${versions.javaMin} or newer is needed for the embedded Kafka; this is ${major}. ${wayOut}`,
    );
  }
}

/** By Maven, once; complete or not there at all. */
async function fetchJars(homeDir: string, note: (line: string) => void): Promise<string> {
  const jars = join(homeDir, `kafka-${versions.kafka}`);
  if (existsSync(jars)) return jars;
  note(`fetching Kafka ${versions.kafka} with Maven, once`);
  const partial = `${jars}.${process.pid}.part`;
  rmSync(partial, { recursive: true, force: true });
  await run('mvn', [
    '-q',
    '-B',
    '-f',
    here('pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${partial}`,
  ]).catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing
      ? 'there is no mvn on the PATH'
      : `Maven could not fetch it: ${String((error as { stdout?: string }).stdout ?? error).slice(0, 500)}`;
    throw new EmbeddedServerProblem(`Maven is needed once, to fetch Kafka; ${why}. ${wayOut}`, {
      cause: error,
    });
  });
  try {
    renameSync(partial, jars);
  } catch (error) {
    // another start was quicker; its jars are the same
    if (!existsSync(jars)) throw error;
    rmSync(partial, { recursive: true, force: true });
  }
  return jars;
}

const jvmFlags = (dataDir: string): string[] => [
  '-Xms256m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  // spares a small machine the optimising compiler's threads
  '-XX:TieredStopAtLevel=1',
  `-Dcarillon.kafka.log=${join(dataDir, 'kafka.log')}`,
  `-Dlog4j2.configurationFile=${here('log4j2.properties')}`,
];

function serverProperties({ dataDir, port, controllerPort, properties }: KafkaOptions): string {
  const all: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dataDir, 'log'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': 8,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 8,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'message.max.bytes': 6 * 1024 * 1024,
    'log.retention.hours': 48,
    ...properties,
  };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}
