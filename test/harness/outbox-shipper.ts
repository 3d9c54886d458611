import pg from 'pg';
import { OutboxShipper } from '#client';
import { BatchProducer } from '#kafka';
import { createLogger } from '#runtime';
import { die, strikes } from './fault.js';

// A shipper in a process of its own, that dies where FAULT says: before Kafka has the commands, or before they are deleted.

const { DATABASE_URL = '', KAFKA_BROKERS = '', TOPIC_PREFIX = '' } = process.env;
const kafka = {
  brokers: KAFKA_BROKERS.split(','),
  clientId: 'shipper',
  log: createLogger('shipper', 'info'),
};
const producer = new BatchProducer(kafka);
const shipper = new OutboxShipper({
  pool: new pg.Pool({ connectionString: DATABASE_URL, max: 2 }),
  kafka,
  topicPrefix: TOPIC_PREFIX,
  pollMs: 50,
  commandsPerShipmentMax: 20,
  send: async (records) => {
    if (strikes('die-before-ship')) die();
    await producer.send(records);
    if (strikes('die-before-delete')) die();
  },
});
await shipper.start();
kafka.log.info({}, 'shipper is up');
