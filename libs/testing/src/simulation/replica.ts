import type { SimProcess } from './sim-process.js';
import type { World } from './world.js';

/** One running process of some kind, and what the storm may do to it. */
export interface Replica {
  readonly process: SimProcess;
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

export function replica(process: SimProcess, stop: () => Promise<void>): Replica {
  return {
    process,
    stop: async () => {
      await stop();
      // whatever of it is left ends with the process
      process.crash();
    },
  };
}

/** A loop of its own, as every service has them: a failure is told and the next round comes. */
export function everyOn(
  process: SimProcess,
  everyMs: number,
  tick: () => Promise<unknown>,
): () => Promise<void> {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await tick().catch(() => undefined);
      await process.sleep(everyMs, stop.signal);
    }
  };
  const running = loop();
  return () => {
    stop.abort();
    return running;
  };
}

/** The service said that it cannot go on: it is ended and started anew, as by an orchestrator; and it is remembered. */
export const fatalOn =
  (world: World, process: SimProcess) =>
  (error: unknown): void => {
    world.witness.fatal.push(error);
    process.crash();
  };
