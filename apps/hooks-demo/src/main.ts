import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { z } from 'zod';
import { HooksModule, HooksReadiness } from '#hooks/nest';
import { kafkaSettings, kafkaVariables } from '#kafka';
import { createLogger, healthServer, loadConfig, redacted, startTracing, stopOnSignals } from '#runtime';
import { DemoHooks } from './demo.hooks.js';

const config = loadConfig(
  z.object({
    ...kafkaVariables,
    TOPIC_PREFIX: z.string().default('timers'),
    LOG_LEVEL: z.string().default('info'),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('health; 0: none'),
    HTTP_HOST: z.string().default('127.0.0.1'),
  }),
  process.env,
);
if (process.argv.includes('--print-config')) {
  process.stdout.write(`${JSON.stringify(redacted(config), null, 2)}\n`);
  process.exit(0);
}
const log = createLogger('hooks-demo', config.LOG_LEVEL);

@Module({
  imports: [
    HooksModule.forRoot({
      kafka: kafkaSettings(config, 'hooks-demo', log),
      topicPrefix: config.TOPIC_PREFIX,
    }),
  ],
  providers: [DemoHooks],
})
class HooksDemoModule {}

const tracing = await startTracing('hooks-demo', log);
const app = await NestFactory.createApplicationContext(HooksDemoModule, {
  logger: ['error', 'warn'],
  abortOnError: false,
});
log.info({ brokers: config.KAFKA_BROKERS }, 'hooks are up');
const readiness = app.get(HooksReadiness, { strict: false });
const health = healthServer({
  port: config.HTTP_PORT,
  host: config.HTTP_HOST,
  ready: () => readiness.reason(),
});
await health.start();
stopOnSignals(
  {
    start: async () => undefined,
    stop: async () => {
      await app.close();
      await health.stop();
      await tracing.stop();
    },
  },
  log,
);
