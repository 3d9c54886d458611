import {
  Controller,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { RecordBatch } from '#transport';
import type { Scheduler } from './compose.js';

const SCHEDULER = Symbol('scheduler');

@Controller()
export class CommandsController {
  constructor(@Inject(SCHEDULER) private readonly scheduler: Scheduler) {}

  @EventPattern('commands')
  handle(@Payload() batch: RecordBatch): Promise<void> {
    return this.scheduler.intake.onRecords(batch.records, batch.isCurrent);
  }
}

class SchedulerLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly scheduler: Scheduler) {}
  onModuleInit(): Promise<void> {
    return this.scheduler.start();
  }
  onApplicationShutdown(): Promise<void> {
    return this.scheduler.stop();
  }
}

@Module({})
export class SchedulerModule {
  static wire(scheduler: Scheduler): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [CommandsController],
      providers: [
        { provide: SCHEDULER, useValue: scheduler },
        { provide: SchedulerLifecycle, useFactory: () => new SchedulerLifecycle(scheduler) },
      ],
    };
  }
}
