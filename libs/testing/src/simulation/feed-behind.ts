import type { FeedSink } from '#engine';
import { latenesses } from './check/latenesses.js';
import { type Violation, violations } from './check/promises.js';
import { startFire } from './fire-replica.js';
import { startHook } from './hook-replica.js';
import { plain } from './plan.js';
import { Random } from './random.js';
import { startScheduler } from './scheduler-replica.js';
import { createTimer } from './sending.js';
import { type Fleet, Storm } from './storm.js';
import { hookClass, World } from './world.js';

export interface FeedBehind {
  readonly violations: readonly Violation[];
  /** Trigger after due time, ms, of the latest of all. */
  readonly latestMs: number;
  readonly fires: number;
}

const timers = 5;
const behindMs = 12_000;

/**
 * One process of each kind, and a feed that is far behind: nobody but the sweep hears in time of what is due. Hooks close at once, so
 * fire has each timer in memory by its ack deadline, in a version that is not the present one any more.
 */
export async function feedBehind(seed: number): Promise<FeedBehind> {
  const world: World = new World({
    random: new Random(seed),
    plan: plain,
    // whatever fire has heard of is in its memory
    wraps: { fireLimits: { armedMax: 1_000, windowMs: 60_000 }, events: (sink) => behind(world, sink) },
    keepsTrace: false,
  });
  const fleets: Fleet[] = [startScheduler, startFire, startHook].map((start) => ({ start, replicas: [] }));
  const storm = new Storm(world, fleets, []);
  storm.calm();
  for (const fleet of fleets) storm.enlist(fleet);
  await world.clock.advance(3_000);
  const client = world.process('client');
  const schedule = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1s', hookClass } as const;
  for (let n = 0; n < timers; n += 1) void createTimer(world, client, `behind-${n}`, schedule);
  await world.clock.advance(40_000);
  const latest = latenesses(world);
  // the feed is not at its end, which is what this is about
  const broken = violations(world).filter(({ promise }) => promise !== 11);
  return { violations: broken, latestMs: Math.max(...latest), fires: latest.length };
}

const behind = ({ clock }: World, sink: FeedSink): FeedSink => ({
  publishEvents: async (events) => {
    await clock.sleep(behindMs);
    await sink.publishEvents(events);
  },
  publishRejections: (rejections) => sink.publishRejections(rejections),
});
