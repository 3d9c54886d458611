import { type HookHandler, LeaveOpen } from '#hooks';
import { InMemoryTimers, ManualClock } from '#testing';
import type { ClusterDeps } from '../../libs/cluster/src/deps.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Replicas on timers in memory: due events go to one of those that take part, as a consumer group would have it. */
export function memoryCluster(...hookClasses: readonly string[]) {
  const workers = new Map<string, HookHandler[]>();
  const clock = new ManualClock();
  const timers = new InMemoryTimers({
    clock,
    hooks: Object.fromEntries(
      hookClasses.map((hookClass) => [
        hookClass,
        (...[event, context]: Parameters<HookHandler>) => {
          const [handler] = workers.get(hookClass) ?? [];
          // nobody takes part: nobody answers
          if (handler === undefined) throw new LeaveOpen();
          return handler(event, context);
        },
      ]),
    ),
  });
  const deps: ClusterDeps = {
    timers,
    log: quiet,
    startWorker: async (hookClass, handler) => {
      workers.set(hookClass, [...(workers.get(hookClass) ?? []), handler]);
      return {
        stop: async () =>
          void workers.set(
            hookClass,
            (workers.get(hookClass) ?? []).filter((other) => other !== handler),
          ),
      };
    },
  };
  return { clock, timers, deps, quiet };
}
