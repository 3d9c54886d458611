import type { Logger } from './logger.js';
import { sleep } from './sleep.js';

/** Something that runs: both calls are safe twice and in any order. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Of all services of a group together. */
const groupStopMaxMs = 15_000;

/**
 * Starts in order, stops in the opposite order, even if one of them fails to, or waits for what does not answer: when the time is up the
 * rest is told to stop all the same, and nobody waits any more.
 */
export class ServiceGroup implements Service {
  #started: Service[] = [];

  constructor(
    private readonly services: readonly Service[],
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    for (const service of this.services) {
      this.#started.unshift(service);
      await service.start();
    }
  }

  async stop(): Promise<void> {
    const started = this.#started;
    this.#started = [];
    const allStopped = new AbortController();
    const timeUp = sleep(groupStopMaxMs, allStopped.signal).then(() => {
      if (!allStopped.signal.aborted)
        this.logger.error({ waitedMs: groupStopMaxMs }, 'what has not stopped by now is left as it is');
    });
    for (const service of started) {
      const stopped = service
        .stop()
        .catch((error: unknown) => this.logger.error({ err: error }, 'a service did not stop well'));
      await Promise.race([stopped, timeUp]);
    }
    allStopped.abort();
  }
}

/** Side by side: one that takes long to start or to stop holds up no other. */
export const together = (services: readonly Service[]): Service => ({
  start: async () => void (await Promise.all(services.map((service) => service.start()))),
  stop: async () => void (await Promise.all(services.map((service) => service.stop()))),
});

/** Runs `tick` every `everyMs` until stopped; a failure is told and the next round comes. */
export function every(
  everyMs: number,
  tick: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Service {
  const stop = new AbortController();
  let running: Promise<void> | null = null;
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await tick().catch(onError);
      await sleep(everyMs, stop.signal);
    }
  };
  return {
    start: async () => {
      if (!stop.signal.aborted) running ??= loop();
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** A loop of its own that ends when its signal fires. */
export function loopService(run: (stop: AbortSignal) => Promise<void>): Service {
  const stop = new AbortController();
  let running: Promise<void> | null = null;
  return {
    start: async () => {
      if (!stop.signal.aborted) running ??= run(stop.signal);
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Leaves at once if stopping takes longer than this: a group's time, and what is stopped before it. Kubernetes waits for 30 s. */
const stopDeadlineMs = 25_000;

/** SIGTERM and SIGINT stop the service once; a second signal, or a stop that takes too long, ends the process. */
export function stopOnSignals(service: Service, logger: Logger): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(130);
    isStopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
