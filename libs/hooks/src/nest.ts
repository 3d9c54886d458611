import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DueEvent, HookContext, HookHandler } from './handler.js';
import { HookWorker, type HookWorkerOptions } from './hook-worker.js';

// Hooks in an ordinary Nest service: a decorated method is the handler of its class.

const hookClassKey = 'carillon:hook-class';
const OPTIONS = Symbol('carillon hooks options');

/** Of a method, since the compiler lets a method's parameter be narrower: who knows the class knows what its events carry. */
type HookMethod<R> = { handle(event: DueEvent, context: HookContext): R }['handle'];

type Returned<Method> = Method extends (...args: never[]) => infer R ? R : never;

type Fitting<Method> = HookMethod<
  unknown extends Awaited<Returned<Method>> ? unknown : ReturnType<HookHandler>
>;

/**
 * This method handles the due events of a hook class. Return closes the event, throw has it tried again. It may take a narrower event, and return
 * what a `HookHandler` may; what is declared as `unknown` is read when it is there.
 */
export const Hook =
  (hookClass: string) =>
  <Method>(
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method & Fitting<Method>>,
  ): void => {
    Reflect.defineMetadata(hookClassKey, hookClass, descriptor.value as object);
  };

export type HooksModuleOptions = Omit<HookWorkerOptions, 'hooks'>;

/** Whether the hooks of this application take events: inject it into a health check. */
export class HooksReadiness {
  #worker: HookWorker | null = null;

  /** Null: ready. Otherwise why not. */
  reason(): string | null {
    return this.#worker === null ? 'the hooks have not been started yet' : this.#worker.readiness();
  }

  /** By the module, once its worker is there. */
  attach(worker: HookWorker): void {
    this.#worker = worker;
  }
}

class HooksLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  #worker: HookWorker | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly options: HooksModuleOptions,
    private readonly readiness: HooksReadiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#worker = new HookWorker({ ...this.options, hooks: this.#hooks() });
    this.readiness.attach(this.#worker);
    await this.#worker.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker?.stop();
  }

  #hooks(): Record<string, HookHandler> {
    const hooks: Record<string, HookHandler> = {};
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null) continue;
      for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(instance))) {
        const method = (instance as Record<string, unknown>)[name];
        const hookClass =
          typeof method === 'function'
            ? (Reflect.getMetadata(hookClassKey, method) as string | undefined)
            : undefined;
        if (hookClass === undefined) continue;
        if (hooks[hookClass] !== undefined)
          throw new Error(
            `hook class '${hookClass}' has two handlers; the second is ${instance.constructor.name}.${name}`,
          );
        hooks[hookClass] = (method as HookHandler).bind(instance);
      }
    }
    return hooks;
  }
}

@Module({})
export class HooksModule {
  /** Finds every `@Hook` of the application and runs them while it runs. */
  static forRoot(options: HooksModuleOptions): DynamicModule {
    return {
      module: HooksModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: OPTIONS, useValue: options },
        {
          provide: HooksLifecycle,
          inject: [DiscoveryService, MetadataScanner, OPTIONS, HooksReadiness],
          useFactory: (
            discovery: DiscoveryService,
            scanner: MetadataScanner,
            given: HooksModuleOptions,
            readiness: HooksReadiness,
          ) => new HooksLifecycle(discovery, scanner, given, readiness),
        },
        HooksReadiness,
      ],
      exports: [HooksReadiness],
    };
  }
}

export { HandBack, LeaveOpen, RetryLater } from './handler.js';
