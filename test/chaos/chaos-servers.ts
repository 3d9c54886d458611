import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedKafka, EmbeddedPostgres, freePort } from '#embedded';
import { eventually } from '../harness/wait.js';
import { SmallDisk } from './small-disk.js';
import { TcpProxy } from './tcp-proxy.js';

export type ServerName = 'kafka' | 'postgres';

/** A Kafka and a Postgres of our own, each behind a proxy, the database on a disk that can be filled. */
export class ChaosServers {
  private constructor(
    private readonly dataDir: string,
    readonly disk: SmallDisk,
    /** What the database said of its disk. */
    private readonly room: { refusals: number },
    private readonly servers: Readonly<Record<ServerName, EmbeddedKafka | EmbeddedPostgres>>,
    readonly proxies: Readonly<Record<ServerName, TcpProxy>>,
  ) {}

  static async start(homeDir: string, dataDir: string): Promise<ChaosServers> {
    const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
    const [kafkaPort = 0, controllerPort = 0, kafkaProxy = 0, postgresPort = 0, postgresProxy = 0] = ports;
    const disk = new SmallDisk(join(dataDir, 'postgres'), 640);
    const kafka = new EmbeddedKafka({
      homeDir,
      dataDir: join(dataDir, 'kafka'),
      port: kafkaPort,
      controllerPort,
      properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${kafkaProxy}` },
      note: () => undefined,
    });
    const room = { refusals: 0 };
    const postgres = new EmbeddedPostgres({
      dataDir: disk.folder,
      note: (line) => {
        if (line.includes('No space left on device')) room.refusals += 1;
      },
      port: postgresPort,
      settings: { max_wal_size: '96MB', min_wal_size: '32MB', shared_buffers: '64MB' },
    });
    const proxies = {
      kafka: new TcpProxy(kafkaProxy, kafkaPort),
      postgres: new TcpProxy(postgresProxy, postgresPort),
    };
    const started = new ChaosServers(dataDir, disk, room, { kafka, postgres }, proxies);
    await Promise.all([kafka.start(), postgres.start(), proxies.kafka.start(), proxies.postgres.start()]);
    return started;
  }

  /** Writes that the database could not do for want of room. */
  get roomRefusals(): number {
    return this.room.refusals;
  }

  get brokers(): string {
    return `127.0.0.1:${this.proxies.kafka.port}`;
  }

  get databaseUrl(): string {
    const url = new URL(this.postgres.databaseUrl);
    url.port = String(this.proxies.postgres.port);
    return url.toString();
  }

  /** Not through the proxy: for those who look on. */
  get quietDatabaseUrl(): string {
    return this.postgres.databaseUrl;
  }

  async down(name: ServerName, how: 'stop' | 'kill'): Promise<void> {
    const server = this.servers[name];
    if (how === 'kill' && server.pid !== null) process.kill(server.pid, 'SIGKILL');
    await eventually(`${name} is gone`, () => how === 'stop' || server.pid === null, 30_000);
    await server.stop();
  }

  /** Again and again: what is left of a killed server may still hold its place. */
  async up(name: ServerName): Promise<void> {
    const server = this.servers[name];
    let problem: unknown;
    await eventually(
      `${name} is up again`,
      async () => {
        if (server.pid !== null) return true;
        problem = await server.start().then(
          () => null,
          (error: unknown) => error,
        );
        return problem === null;
      },
      120_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${String(problem)}`);
    });
  }

  isUp(name: ServerName): boolean {
    return this.servers[name].pid !== null;
  }

  async stop(): Promise<void> {
    await Promise.all([this.servers.kafka.stop(), this.servers.postgres.stop()]);
    await Promise.all([this.proxies.kafka.stop(), this.proxies.postgres.stop()]);
    this.disk.remove();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private get postgres(): EmbeddedPostgres {
    const { postgres } = this.servers;
    if (!(postgres instanceof EmbeddedPostgres)) throw new Error('the database is a Postgres');
    return postgres;
  }
}
