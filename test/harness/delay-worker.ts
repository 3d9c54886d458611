import { openDelayQueue, retry } from '#delays';
import { createLogger } from '#runtime';

// A service with a delay queue, as a user writes one. Each run is a line on standard output.

const log = createLogger('delay-worker', 'warn', false);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const queue = openDelayQueue({
  kafka: { brokers: String(process.env.KAFKA_BROKERS).split(','), clientId: 'delay-worker', log },
  topicPrefix: String(process.env.TOPIC_PREFIX),
  partitions: Number(process.env.PARTITIONS),
  maxRetry: 2,
  lockTimeoutMs: 10_000,
  triggers: {
    note: ({ id, eventId, attempt, data }) => say({ run: 'note', id, eventId, attempt, data }),
    again: ({ id, attempt, data }) => {
      say({ run: 'again', id, attempt, data });
      return attempt === 1
        ? retry({ at: Date.now() + 500, data: '{"id": 9007199254740993, "again": true}' })
        : undefined;
    },
    hopeless: ({ id, attempt }) => {
      say({ run: 'hopeless', id, attempt });
      if (attempt % 2 === 0) throw new Error(`attempt ${attempt} broke`);
      return retry({ at: Date.now() + 10, error: `attempt ${attempt} would not` });
    },
    slow: async ({ id, attempt }) => {
      say({ run: 'slow', id, attempt });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return retry({ at: Date.now() + 10 });
    },
  },
});
await queue.start();
say({ up: 'delay-worker is up' });
process.on('SIGTERM', () => void queue.stop().then(() => process.exit(0)));
