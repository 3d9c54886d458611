import './ends-with-parent.js';
import { type DueEvent, HookWorker } from '#hooks';
import { createLogger } from '#runtime';
import { LatenessSample } from './lateness.js';

// A hook service with a handler that does nothing; it closes every event at once.

const sample = new LatenessSample();
const log = createLogger('hook', 'warn', false);
process.on('message', (message) => {
  if (message === 'reset') sample.reset();
  if (message === 'report') process.send?.({ lateness: sample.report(), loads: [], takeOverMs: null });
});

const handle = (event: DueEvent): void => {
  if (event.attempt === 1) sample.add(Date.now() - Date.parse(event.scheduledFor));
};
const worker = new HookWorker({
  kafka: { brokers: String(process.env.KAFKA_BROKERS).split(','), clientId: 'bench-hook', log },
  groupId: 'bench-hooks',
  partitions: Number(process.env.PARTITIONS),
  hooks: Object.fromEntries((process.env.HOOK_CLASSES ?? 'bench').split(',').map((name) => [name, handle])),
});
await worker.start();
process.send?.('up');
process.on('SIGTERM', () => void worker.stop().then(() => process.exit(0)));
