import './ends-with-parent.js';
import { openDelayQueue } from '#delays';
import { createLogger } from '#runtime';

// A service with a delay queue whose trigger does nothing.

const log = createLogger('delay-queue', 'warn', false);
const queue = openDelayQueue({
  kafka: { brokers: String(process.env.KAFKA_BROKERS).split(','), clientId: 'bench-delays', log },
  partitions: Number(process.env.PARTITIONS),
  triggers: { bench: () => undefined },
});
await queue.start();
process.send?.('up');
process.on('SIGTERM', () => void queue.stop().then(() => process.exit(0)));
