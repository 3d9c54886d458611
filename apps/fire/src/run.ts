import 'reflect-metadata';
import { type DynamicModule, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createLogger, nestLog, type Service, startTracing, stopOnSignals } from '#runtime';
import { composeFire } from './compose.js';
import type { FireConfig } from './config.js';
import type { FireWraps } from './fire-of-store.js';

class FireLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly fire: Service) {}
  onModuleInit(): Promise<void> {
    return this.fire.start();
  }
  onApplicationShutdown(): Promise<void> {
    return this.fire.stop();
  }
}

@Module({})
export class FireModule {
  static wire(fire: Service): DynamicModule {
    return {
      module: FireModule,
      providers: [{ provide: FireLifecycle, useFactory: () => new FireLifecycle(fire) }],
    };
  }
}

/** Starts a fire service in this process; resolves when it owns its share of the slots, or waits for one. */
export async function runFire(config: FireConfig, wraps?: FireWraps): Promise<Service> {
  const logger = createLogger('fire', config.LOG_LEVEL);
  const crash = (error: unknown): void => {
    logger.fatal({ err: error }, 'the fire service cannot go on');
    process.exit(1);
  };
  const tracing = await startTracing('carillon-fire', logger);
  const app = await NestFactory.createApplicationContext(
    FireModule.wire(composeFire(config, logger, crash, wraps)),
    {
      logger: nestLog(logger),
      abortOnError: false,
    },
  );
  logger.info({ brokers: config.KAFKA_BROKERS }, 'fire is up');
  const service: Service = { start: async () => undefined, stop: () => app.close().then(tracing.stop) };
  stopOnSignals(service, logger);
  return service;
}
