import { afterAll, describe, expect, it } from 'vitest';
import { Load } from '../chaos/load.js';
import { isSettled, reportOf } from '../chaos/report.js';
import { Cluster } from '../harness/cluster.js';
import { Handlings } from '../harness/handlings.js';
import { MachineStalls } from '../harness/machine-stalls.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const replicas = 3;
const lateMaxMs = 500;
const onesPerSecond = 30;
const gridTimers = 70;
/** A one-shot is due so soon after it is sent that whatever holds up commands or the feed makes it late as well. */
const dueInMs = 100;
/** Where things are later than this in the moment before, the cores are somebody else's, and the stops are compared with that. */
const keepsUpMs = 300;
const crowdedFactor = 3;
/** Of an app's three stops: one may meet a hiccup that is no stall, a hand-over that takes too long is late at each. */
const hiccupsMax = 1;

const kinds = ['scheduler', 'fire', 'hook'] as const;
type Kind = (typeof kinds)[number];

/**
 * Lateness from when an event was due to when its handler begins. Replacements start before, so that what is measured is the stop and not
 * a start that takes the cores.
 */
describe('a rolling restart of three replicas of each app under load', () => {
  let cluster: Cluster;
  let stalls: MachineStalls;
  const handlings = new Handlings();
  const running = new Map<Kind, TestProcess[]>(kinds.map((kind) => [kind, []]));
  const told: string[] = [];
  const tooLate = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]));
  afterAll(async () => {
    stalls?.stop();
    await cluster.close();
  });

  it('makes nothing later than half a second, loses nothing and closes each once', async ({ annotate }) => {
    cluster = await Cluster.open();
    stalls = await MachineStalls.watch();
    await Promise.all(kinds.flatMap((kind) => Array.from({ length: replicas }, () => start(kind))));
    const load = new Load(cluster.kafka, cluster.prefix, onesPerSecond, {
      gridTimers,
      gridStepMs: 1_000 / gridTimers,
      dueAt: () => new Date(Date.now() + dueInMs).toISOString(),
    });
    load.start();
    await handled(300);
    for (let replica = 0; replica < replicas; replica += 1) {
      await latestWhile('start', () => Promise.all(kinds.map(start)));
      const { latestMs: usualMs } = await latestWhile('usual', () => handled(100));
      const boundMs = usualMs <= keepsUpMs ? lateMaxMs : Math.max(lateMaxMs, crowdedFactor * usualMs);
      for (const kind of kinds) {
        const leaving = running.get(kind)?.shift();
        const { latestMs, stalledMs } = await latestWhile(kind, async () => leaving?.stop());
        expect(leaving?.endedBy).toBeNull();
        if (latestMs > boundMs + stalledMs)
          tooLate.get(kind)?.push(`${latestMs} of ${boundMs} + ${stalledMs} ms`);
      }
    }
    await load.stop();
    await eventually('every event is closed', () => isSettled(cluster.pool, load.created));
    const report = await reportOf(cluster.pool, cluster.kafka, cluster.topics.due('h'), load.created);
    expect([report.lost, report.findings]).toEqual([[], []]);
    expect(report.closesAccepted).toBe(report.fired);
    const said = `latest, ms: ${told.join('; ')}; handled twice: ${handlings.repeats}`;
    await annotate(said);
    expect(
      [...tooLate].filter(([, stops]) => stops.length > hiccupsMax),
      said,
    ).toEqual([]);
  });

  async function start(kind: Kind): Promise<void> {
    const started =
      kind === 'hook' ? await cluster.hook({ TELL_HANDLED: 'true' }) : await cluster.start(kind);
    if (kind === 'hook') handlings.of(started);
    running.get(kind)?.push(started);
  }

  /** How late the latest was of what was handled from the beginning of the work until things go on without it. */
  async function latestWhile(what: Kind | 'start' | 'usual', work: () => Promise<unknown>) {
    const from = Date.now();
    await work();
    await handled(100);
    const to = Date.now();
    const [latestMs, stalledMs] = [handlings.latestMs(from, to), await stalls.longestMs(from, to)];
    told.push(`${what} ${latestMs}, stalled ${stalledMs}`);
    return { latestMs, stalledMs };
  }

  /** So many events that were due from now on. */
  async function handled(count: number): Promise<void> {
    const from = Date.now();
    await eventually(`${count} events are handled`, () => handlings.dueSince(from) >= count);
  }
});
