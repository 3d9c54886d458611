import { openExpirations } from '#expiry';
import { createLogger } from '#runtime';

// A service that closes what expires, as a user writes one. Each close is a line on standard output.

const log = createLogger('expiry-worker', 'warn', false);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const expirations = openExpirations({
  kafka: { brokers: String(process.env.KAFKA_BROKERS).split(','), clientId: 'expiry-worker', log },
  topicPrefix: String(process.env.TOPIC_PREFIX),
  partitions: Number(process.env.PARTITIONS),
  closeTimeout: '3s',
});
expirations.closer('session', ({ id, data, attempt }) => {
  say({ close: id, data, attempt });
  if (id.startsWith('stubborn') && attempt === 1) throw new Error('not yet');
});
await expirations.start();
say({ up: 'expiry-worker is up' });
process.on('SIGTERM', () => void expirations.stop().then(() => process.exit(0)));
