import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HooksModule, type HooksModuleOptions, HooksReadiness } from '#hooks/nest';
import { kafkaSettings } from '#kafka';
import { createLogger, healthServer, nestLog, startTracing, stopOnSignals } from '#runtime';
import type { HooksDemoConfig } from './config.js';
import { DemoHooks } from './demo.hooks.js';

@Module({})
class HooksDemoModule {
  static wire(options: HooksModuleOptions): DynamicModule {
    return { module: HooksDemoModule, imports: [HooksModule.forRoot(options)], providers: [DemoHooks] };
  }
}

/** Starts the hooks in this process; resolves when they take part in their group. */
export async function runHooksDemo(config: HooksDemoConfig): Promise<void> {
  const log = createLogger('hooks-demo', config.LOG_LEVEL);
  const tracing = await startTracing('hooks-demo', log);
  const options = { kafka: kafkaSettings(config, 'hooks-demo', log), topicPrefix: config.TOPIC_PREFIX };
  const app = await NestFactory.createApplicationContext(HooksDemoModule.wire(options), {
    logger: nestLog(log),
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
  const stop = async (): Promise<void> => {
    await app.close();
    await health.stop();
    await tracing.stop();
  };
  stopOnSignals({ start: async () => undefined, stop }, log);
}
