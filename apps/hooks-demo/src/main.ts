import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { z } from 'zod';
import { HooksModule } from '#hooks/nest';
import { kafkaSettings, kafkaVariables } from '#kafka';
import { createLogger, loadConfig, stopOnSignals } from '#runtime';
import { DemoHooks } from './demo.hooks.js';

const config = loadConfig(
  z.object({
    ...kafkaVariables,
    TOPIC_PREFIX: z.string().default('timers'),
    LOG_LEVEL: z.string().default('info'),
  }),
  process.env,
);
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

const app = await NestFactory.createApplicationContext(HooksDemoModule, {
  logger: ['error', 'warn'],
  abortOnError: false,
});
log.info({ brokers: config.KAFKA_BROKERS }, 'hooks are up');
stopOnSignals({ start: async () => undefined, stop: () => app.close() }, log);
