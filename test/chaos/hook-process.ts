import { z } from 'zod';
import { HookWorker } from '#hooks';
import { kafkaSettings, kafkaVariables, topicPrefixVariable } from '#kafka';
import { createLogger, loadConfig, sleep, stopOnSignals } from '#runtime';

// A hook service that does nothing but take a little time.

const config = loadConfig(
  z.object({
    ...kafkaVariables,
    ...topicPrefixVariable,
    PARTITIONS: z.coerce.number(),
    HOOK_GROUP_ID: z.string().default('carillon-hooks'),
    /** A line for each event: how late it is when its handler begins. */
    TELL_HANDLED: z.stringbool().default(false),
  }),
  process.env,
);
const log = createLogger('hook', 'info');
const worker = new HookWorker({
  kafka: kafkaSettings(config, 'hook', log),
  topicPrefix: config.TOPIC_PREFIX,
  groupId: config.HOOK_GROUP_ID,
  partitions: config.PARTITIONS,
  hooks: {
    h: ({ eventId, attempt, scheduledFor, startedAt, timer: { key } }) => {
      if (config.TELL_HANDLED)
        log.info({ handled: key, eventId, attempt, scheduledFor, startedAt, handledAt: Date.now() });
      return sleep(Math.random() * 40);
    },
  },
});
await worker.start();
log.info('hook is up');
stopOnSignals(worker, log);
