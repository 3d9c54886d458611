import { type Violation, violations } from './check/promises.js';
import { runClient, runSteadyClient } from './client.js';
import { startFire } from './fire-replica.js';
import { startHook } from './hook-replica.js';
import { expandUntilDone } from './operator.js';
import { anyPlan, type Plan } from './plan.js';
import { Random } from './random.js';
import { startScheduler } from './scheduler-replica.js';
import { unsettled } from './settled.js';
import { type FaultName, type Fleet, Storm } from './storm.js';
import { World, type Wraps } from './world.js';

export interface SimulationSettings {
  readonly seed: number;
  /** Parts of the product, broken on purpose. */
  readonly wraps?: Wraps;
  /** What chance would decide otherwise. */
  readonly plan?: Partial<Plan>;
  /** Only these, and nothing else goes wrong. Default: chance decides. */
  readonly faults?: readonly FaultName[] | null;
  /** Keeps what happened, line by line. */
  readonly keepsTrace?: boolean;
}

export interface SimulationResult {
  readonly seed: number;
  /** Promises that were broken, and how. */
  readonly violations: readonly Violation[];
  /** The same for the same seed and the same code. */
  readonly traceHash: string;
  readonly trace: readonly string[];
  readonly events: number;
  readonly commands: number;
  readonly simulatedMs: number;
}

/** What was under way when the storm ended has arrived by then. */
const calmMinMs = 4_000;
const calmMaxMs = 90_000;

/**
 * One run: the real use cases on a log and a bus in memory, several processes of each kind, and a storm of faults. All
 * time, all ids and all chance come out of the seed. After the storm everything has time to settle; then the promises
 * are checked on the log, the feed and the due topic.
 */
export async function simulate({
  seed,
  wraps = {},
  plan = {},
  faults = null,
  keepsTrace = false,
}: SimulationSettings): Promise<SimulationResult> {
  const random = new Random(seed);
  const drawn = anyPlan(random);
  const world = new World({ random, plan: { ...drawn, ...plan }, wraps, keepsTrace });
  const { clock, trace, topics, databases } = world;
  const startedAt = clock.now();
  const fleets: Fleet[] = [startScheduler, startFire, startHook].map((start) => ({ start, replicas: [] }));
  const storm = new Storm(world, fleets, faults);
  for (const fleet of fleets) for (let n = random.int(1, 3); n > 0; n -= 1) storm.enlist(fleet);

  const stormMs = random.int(3_000, 10_000);
  let isSaid = false;
  const said = [runClient(world, random.int(1, 8), random.int(5, 40))];
  if (world.plan.expands)
    said.push(
      runSteadyClient(world, stormMs),
      clock.sleep(random.int(0, stormMs)).then(() => expandUntilDone(world)),
    );
  void Promise.all(said).then(() => {
    isSaid = true;
  });
  void storm.rage(stormMs);
  await clock.advance(stormMs);
  storm.calm();
  const calmAt = clock.now();
  const calmMs = (): number => clock.now() - calmAt;
  do await clock.advance(500);
  while (calmMs() < calmMinMs || ((!isSaid || unsettled(world).length > 0) && calmMs() < calmMaxMs));

  const events = databases.all.flatMap((database) => database.wholeLog()).flat();
  for (const { timerId, version, commandId, data } of events)
    trace.note(`log ${timerId} ${version} ${data} by ${commandId}`);
  return {
    seed,
    violations: violations(world),
    traceHash: trace.hash,
    trace: trace.lines,
    events: events.length,
    commands: topics.commands.all().length,
    simulatedMs: clock.now() - startedAt,
  };
}
