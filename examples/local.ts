import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { defaultTopicPrefix } from '#contract';
import { startEmbedded } from '#embedded';
import type { KafkaSettings } from '#kafka';
import { createLogger } from '#runtime';

// A Carillon for one example: servers of the environment or its own, a scheduler and a fire service. Gone when it ends.

export interface LocalCarillon {
  readonly kafka: KafkaSettings;
  readonly topicPrefix: string;
  readonly partitions: number;
  stop(): Promise<void>;
}

const partitions = 4;

/** KAFKA_BROKERS, DATABASE_URL and TOPIC_PREFIX say where, if they are set. */
export async function startLocalCarillon(name: string): Promise<LocalCarillon> {
  const homeDir = join(process.cwd(), '.carillon');
  const dataDir = join(homeDir, `example-${name}-${process.pid}`);
  const { KAFKA_BROKERS, DATABASE_URL, TOPIC_PREFIX: topicPrefix = defaultTopicPrefix } = process.env;
  const servers = await startEmbedded({ homeDir, dataDir, env: { KAFKA_BROKERS, DATABASE_URL } });
  const env = {
    KAFKA_BROKERS: servers.kafkaBrokers,
    DATABASE_URL: servers.databaseUrl,
    TOPIC_PREFIX: topicPrefix,
    PARTITIONS: String(partitions),
    SCHEDULER_GROUP_ID: `${topicPrefix}-scheduler`,
    FIRE_GROUP_ID: `${topicPrefix}-fire`,
  };
  const children: ChildProcess[] = [];
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await servers.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    // the scheduler makes schema and topics; the fire service needs them
    for (const app of ['scheduler', 'fire']) children.push(await startApp(app, env));
  } catch (error) {
    await stop();
    throw error;
  }
  const log = createLogger(name, 'warn', false);
  const kafka = { brokers: servers.kafkaBrokers.split(','), clientId: `example-${name}`, log };
  return { kafka, topicPrefix, partitions, stop };
}

async function startApp(app: string, env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const script = fileURLToPath(new URL(`../apps/${app}/src/main.js`, import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes(`${app} is up`)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`${app} ended with ${code} before it was up`)));
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
