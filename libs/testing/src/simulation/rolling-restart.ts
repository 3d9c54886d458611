import type { FireLimits } from '#engine';
import { latenesses } from './check/latenesses.js';
import { type Violation, violations } from './check/promises.js';
import { startFire } from './fire-replica.js';
import { startHook } from './hook-replica.js';
import { plain } from './plan.js';
import { Random } from './random.js';
import { startScheduler } from './scheduler-replica.js';
import { createTimer } from './sending.js';
import { type Fleet, Storm } from './storm.js';
import { hookClass, World, type Wraps } from './world.js';

export interface RollingRestart {
  readonly violations: readonly Violation[];
  /** Trigger, or the word that it was dropped, after due time: of the latest of all ticks. */
  readonly latestMs: number;
  readonly fires: number;
}

const replicas = 3;
const timers = 5;
/** Members beat each tenth of a second, and join at once. */
const dealtWithinMs = 250;
/** Memory is not what this is about: everything fits. */
const roomy: Partial<FireLimits> = { armedMax: 1_000, duePerBatchMax: 100, windowMs: 10_000 };

/** Three of each kind of process under load, each in turn asked to leave and started anew; nothing else goes wrong. */
export async function rollingRestart(seed: number, wraps: Wraps = {}): Promise<RollingRestart> {
  const world = new World({
    random: new Random(seed),
    plan: plain,
    wraps: { fireLimits: roomy, ...wraps },
    keepsTrace: false,
    dealtWithinMs,
  });
  const fleets: Fleet[] = [startScheduler, startFire, startHook].map((start) => ({ start, replicas: [] }));
  const storm = new Storm(world, fleets, []);
  storm.calm();
  for (const fleet of fleets) for (let n = 0; n < replicas; n += 1) storm.enlist(fleet);
  await world.clock.advance(3_000);
  await load(world);
  const restarted = new AbortController();
  void soonDue(world, restarted.signal);
  for (const fleet of fleets)
    for (const replica of [...fleet.replicas]) {
      void replica.stop();
      await world.clock.advance(5_000);
    }
  restarted.abort();
  await world.clock.advance(5_000);
  const latest = latenesses(world);
  // the bound of memory is that of storms, which is not kept here
  return {
    violations: violations(world).filter(({ promise }) => promise !== 9),
    latestMs: Math.max(...latest),
    fires: latest.length,
  };
}

/** One-shots that fire must hear of within moments of their creation: a relay that is handed over slowly makes them late. */
async function soonDue(world: World, restarted: AbortSignal): Promise<void> {
  const process = world.process('client');
  for (let count = 0; !restarted.aborted; count += 1) {
    void createTimer(world, process, `soon-${count}`, { schedPolicyType: 'ONCE', schedPolicyExpr: '200ms' });
    await process.sleep(100);
  }
}

/** On grids, with hooks and without, and one-shots all the way through. */
async function load(world: World): Promise<void> {
  const process = world.process('client');
  const startAt = world.databases.of(0).now();
  const created = Array.from({ length: timers }, (_, n) => [
    createTimer(world, process, `hook-${n}`, {
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1s',
      startAt,
      hookClass,
    }),
    createTimer(world, process, `self-${n}`, {
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: `${300 + 50 * n}ms`,
      startAt,
    }),
    ...Array.from({ length: 10 }, (_each, at) =>
      createTimer(world, process, `once-${n}-${at}`, {
        schedPolicyType: 'ONCE',
        schedPolicyExpr: `${2_000 + at * 4_000 + n * 370}ms`,
      }),
    ),
  ]);
  const sent = Promise.all(created.flat());
  await world.clock.advance(1_500);
  await sent;
}
