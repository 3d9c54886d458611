import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka, freePort, versions } from '#embedded';
import { BatchConsumer, BatchProducer, type InRecord, KafkaAdmin, type KafkaSettings } from '#kafka';

// A broker that takes only TLS with a certificate of its own authority, and a login, on the port that is tested.

const home = join(process.cwd(), '.carillon');
const dir = join(home, `secured-${process.pid}`);
const storePassword = 'spec-store';
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function makeCertificate(): string {
  const store = ['-keystore', join(dir, 'broker.p12'), '-storepass', storePassword, '-storetype', 'PKCS12'];
  const who = ['-alias', 'broker', '-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1'];
  execFileSync('keytool', ['-genkeypair', '-keyalg', 'EC', '-validity', '2', ...who, ...store], {
    stdio: 'pipe',
  });
  execFileSync(
    'keytool',
    ['-exportcert', '-rfc', '-alias', 'broker', '-file', join(dir, 'ca.pem'), ...store],
    {
      stdio: 'pipe',
    },
  );
  return readFileSync(join(dir, 'ca.pem'), 'utf8');
}

const brokerProperties = (plainPort: number, controllerPort: number, securePort: number) => {
  const login = 'listener.name.secure';
  const module = 'org.apache.kafka.common.security';
  return {
    listeners: `PLAINTEXT://127.0.0.1:${plainPort},SECURE://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plainPort},SECURE://127.0.0.1:${securePort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${login}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required user_clock="tick";`,
    [`${login}.scram-sha-256.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
    [`${login}.scram-sha-512.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
    'ssl.keystore.location': join(dir, 'broker.p12'),
    'ssl.keystore.password': storePassword,
    'ssl.keystore.type': 'PKCS12',
  };
};

/** A SCRAM login lies in the cluster's metadata; the broker's own tool puts it there. */
function addScramLogin(plainPort: number, mechanism: string): void {
  execFileSync(
    'java',
    [
      '-cp',
      join(home, `kafka-${versions.kafka}`, '*'),
      'kafka.admin.ConfigCommand',
      ...['--bootstrap-server', `127.0.0.1:${plainPort}`, '--alter'],
      ...['--add-config', `${mechanism}=[password=tick]`],
      ...['--entity-type', 'users', '--entity-name', 'clock'],
    ],
    { stdio: 'pipe' },
  );
}

describe('a broker behind TLS and SASL', () => {
  let broker: EmbeddedKafka;
  let settings: Omit<KafkaSettings, 'sasl'>;

  beforeAll(async () => {
    mkdirSync(dir, { recursive: true });
    const ca = makeCertificate();
    const [port, controllerPort, securePort] = [await freePort(), await freePort(), await freePort()];
    broker = new EmbeddedKafka({
      homeDir: home,
      dataDir: join(dir, 'kafka'),
      port,
      controllerPort,
      properties: brokerProperties(port, controllerPort, securePort),
      note: () => undefined,
    });
    await broker.start();
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) addScramLogin(port, mechanism);
    settings = { brokers: [`127.0.0.1:${securePort}`], clientId: 'spec', ssl: { ca }, log: quiet };
  });
  afterAll(async () => {
    await broker.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'carries records for a %s login',
    async (mechanism) => {
      const kafka: KafkaSettings = { ...settings, sasl: { mechanism, username: 'clock', password: 'tick' } };
      const topic = `secured-${mechanism}`;
      await new KafkaAdmin(kafka).ensureTopics([{ topic, partitions: 2 }]);
      const producer = new BatchProducer(kafka);
      await producer.send([{ topic, key: 'n/k', value: mechanism }]);
      await producer.stop();

      const got = Promise.withResolvers<readonly InRecord[]>();
      const consumer = new BatchConsumer(kafka, {
        groupId: randomUUID(),
        topics: [topic],
        onRecords: (_topic, _partition, records) => got.resolve(records),
      });
      await consumer.start();
      const records = await got.promise;
      await consumer.stop();
      expect(records.map(({ value }) => value?.toString())).toEqual([mechanism]);
    },
  );

  it('turns a wrong password away, and says so', async () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'clock', password: 'tock' } as const;
    const producer = new BatchProducer({ ...settings, sasl });
    await expect(producer.start()).rejects.toThrow(/[Aa]uthentication/);
    await producer.stop();
  });

  it('is not trusted without its authority', async () => {
    const sasl = { mechanism: 'plain', username: 'clock', password: 'tick' } as const;
    const producer = new BatchProducer({ ...settings, ssl: true, sasl });
    await expect(producer.start()).rejects.toThrow(/certificate/);
    await producer.stop();
  });
});
