import { z } from 'zod';
import { HookWorker } from '#hooks';
import { kafkaSettings, kafkaVariables } from '#kafka';
import { createLogger, loadConfig, sleep, stopOnSignals } from '#runtime';

// A hook service that does nothing but take a little time.

const config = loadConfig(
  z.object({
    ...kafkaVariables,
    TOPIC_PREFIX: z.string(),
    PARTITIONS: z.coerce.number(),
    HOOK_GROUP_ID: z.string().default('carillon-hooks'),
  }),
  process.env,
);
const log = createLogger('hook', 'info');
const worker = new HookWorker({
  kafka: kafkaSettings(config, 'hook', log),
  topicPrefix: config.TOPIC_PREFIX,
  groupId: config.HOOK_GROUP_ID,
  partitions: config.PARTITIONS,
  hooks: { h: () => sleep(Math.random() * 40) },
});
await worker.start();
log.info('hook is up');
stopOnSignals(worker, log);
