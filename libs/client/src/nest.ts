import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { TimerClient, type TimerClientOptions } from './timer-client.js';

// The client in a Nest application: inject `TimerClient`. It connects before the application starts, and closes with it.

const OPTIONS = Symbol('carillon timer client options');

/** For options that other providers know. */
export interface TimersModuleAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<TimerClientOptions | Promise<TimerClientOptions>>, 'inject' | 'useFactory'> {}

class TimersLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly client: TimerClient) {}

  onModuleInit(): Promise<void> {
    return this.client.connect();
  }

  onApplicationShutdown(): Promise<void> {
    return this.client.close();
  }
}

@Module({})
export class TimersModule {
  static forRoot(options: TimerClientOptions): DynamicModule {
    return TimersModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: TimersModuleAsyncOptions): DynamicModule {
    return {
      module: TimersModule,
      imports,
      providers: [
        { provide: OPTIONS, inject, useFactory },
        {
          provide: TimerClient,
          inject: [OPTIONS],
          useFactory: (options: TimerClientOptions) => new TimerClient(options),
        },
        {
          provide: TimersLifecycle,
          inject: [TimerClient],
          useFactory: (client: TimerClient) => new TimersLifecycle(client),
        },
      ],
      exports: [TimerClient],
    };
  }
}
