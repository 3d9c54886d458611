import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { ClientKafka } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { Cluster, createCommand } from '../harness/cluster.js';

describe("Nest's own Kafka client", () => {
  let cluster: Cluster;
  afterAll(() => cluster.close());

  it('sends a command and gets its outcome, applied and refused, with nothing of ours', async () => {
    cluster = await Cluster.open();
    await cluster.start('scheduler');
    const topic = cluster.topics.commands;
    // Nest listens on `<pattern>.reply`; somebody has to make that topic
    await cluster.tail(`${topic}.reply`);
    const client = new ClientKafka({
      client: { brokers: cluster.brokers.split(','), logLevel: 0 },
      consumer: { groupId: `nest-${randomUUID()}` },
      producer: {},
    });
    client.subscribeToResponseOf(topic);
    await client.connect();
    try {
      const command = createCommand('from-nest', { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' });
      const send = (value: object) =>
        firstValueFrom(
          client
            .send<Record<string, unknown>>(topic, { key: 'default/from-nest', value: JSON.stringify(value) })
            .pipe(timeout(20_000)),
        );
      expect(await send(command)).toMatchObject({ ok: true, timer: { key: 'from-nest', version: 1 } });
      // the same id again: the first outcome again; another id: refused, which Nest throws
      expect(await send(command)).toMatchObject({ ok: true, timer: { version: 1 } });
      const refusal = await send({ ...command, id: randomUUID() }).catch((error: unknown) => error);
      expect(JSON.stringify(refusal)).toContain('timer-exists');
    } finally {
      await client.close();
    }
  });
});
