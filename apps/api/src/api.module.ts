import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, Reflector } from '@nestjs/core';
import type { BulkStore } from '#engine';
import type { Logger, Readiness } from '#runtime';
import type { EpochMs } from '#timer';
import { BulkController } from './bulk/bulk.controller.js';
import type { CommandDoor } from './commands/command-door.js';
import { CommandsController } from './commands/commands.controller.js';
import type { Receipts } from './commands/receipts.js';
import type { ApiConfig } from './config.js';
import { DocsController } from './docs/docs.controller.js';
import { openApiDocument } from './docs/openapi.js';
import { HealthController } from './health.controller.js';
import { AccessGuard, AUTHENTICATOR, type Authenticator } from './http/access.js';
import { ProblemFilter } from './http/problem.filter.js';
import { InstallationController } from './installation/installation.controller.js';
import type { InstallationReads } from './installation/installation-reads.js';
import { MetricsController } from './metrics.controller.js';
import type { ApiMetrics } from './metrics.js';
import { PreviewController } from './schedule/preview.controller.js';
import { ScheduleController } from './schedule/schedule.controller.js';
import { HistoryController } from './timers/history.controller.js';
import { TimerController } from './timers/timer.controller.js';
import type { TimerReads } from './timers/timer-reads.js';
import { TimersController } from './timers/timers.controller.js';
import {
  BULKS,
  CLOCK,
  COMMANDS,
  CONFIG,
  HUB,
  INSTALLATION,
  METRICS,
  OPENAPI,
  READINESS,
  READS,
  RECEIPTS,
} from './tokens.js';
import type { WatchHub } from './watch/hub.js';
import { WatchController } from './watch/watch.controller.js';

/** What the routes stand on. */
export interface ApiParts {
  readonly config: ApiConfig;
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly hub: WatchHub;
  readonly metrics: ApiMetrics;
  readonly reads: TimerReads;
  readonly commands: CommandDoor;
  readonly receipts: Receipts;
  readonly bulks: BulkStore;
  readonly installation: InstallationReads;
  readonly clock: () => EpochMs;
  readonly readiness: Readiness;
}

@Module({})
export class ApiModule {
  static wire(parts: ApiParts): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        TimersController,
        HistoryController,
        ScheduleController,
        TimerController,
        PreviewController,
        CommandsController,
        BulkController,
        WatchController,
        InstallationController,
        DocsController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: BULKS, useValue: parts.bulks },
        { provide: COMMANDS, useValue: parts.commands },
        { provide: CONFIG, useValue: parts.config },
        { provide: HUB, useValue: parts.hub },
        { provide: INSTALLATION, useValue: parts.installation },
        { provide: METRICS, useValue: parts.metrics },
        { provide: READS, useValue: parts.reads },
        { provide: RECEIPTS, useValue: parts.receipts },
        { provide: CLOCK, useValue: parts.clock },
        { provide: READINESS, useValue: parts.readiness },
        { provide: OPENAPI, useFactory: openApiDocument },
        { provide: AUTHENTICATOR, useValue: parts.authenticator },
        {
          provide: APP_GUARD,
          inject: [AUTHENTICATOR, Reflector],
          useFactory: (authenticator: Authenticator, reflector: Reflector) =>
            new AccessGuard(authenticator, reflector),
        },
        { provide: APP_FILTER, useFactory: () => new ProblemFilter(parts.logger) },
      ],
    };
  }
}
