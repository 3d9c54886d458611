import './ends-with-parent.js';
import { randomUUID } from 'node:crypto';
import { TimerClient } from '#client';
import { createLogger } from '#runtime';
import { LatenessSample } from './lateness.js';

// A client as a user has it: so many callers at a time, each of which creates a timer and waits for the answer before its next. Told
// `<callers> <ms>`, it answers with what it has done.

const log = createLogger('caller', 'warn', false);
const client = new TimerClient({
  kafka: { brokers: String(process.env.KAFKA_BROKERS).split(','), clientId: 'bench-caller', log },
  timeoutMs: 60_000,
});

async function call(callers: number, forMs: number) {
  const sample = new LatenessSample();
  const startedAt = performance.now();
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now - startedAt < forMs; ) {
      const askedAt = now;
      await client.createTimer({
        key: randomUUID(),
        schedPolicyType: 'ONCE',
        schedPolicyExpr: '2035-01-01T00:00:00Z',
        hookClass: 'bench',
      });
      now = performance.now();
      sample.add(now - askedAt);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { ...sample.report(), tookMs: performance.now() - startedAt };
}

process.on('message', (message) => {
  const [callers = 1, forMs = 1_000] = String(message).split(' ').map(Number);
  void call(callers, forMs).then((report) => process.send?.(report));
});
await client.connect();
process.send?.('up');
process.on('SIGTERM', () => void client.close().then(() => process.exit(0)));
