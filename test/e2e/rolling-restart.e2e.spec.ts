import { afterAll, describe, expect, it } from 'vitest';
import { Load } from '../chaos/load.js';
import { lostOnes, reportOf } from '../chaos/report.js';
import { Cluster } from '../harness/cluster.js';
import { Handlings } from '../harness/handlings.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const replicas = 3;
const lateMaxMs = 500;
const onesPerSecond = 30;
const gridTimers = 70;
/** A one-shot is due so soon after it is sent that whatever holds up commands or the feed makes it late as well. */
const dueInMs = 100;
/** Where things are later than this while nothing stops, the cores are somebody else's, and a stop is compared with that. */
const keepsUpMs = 300;
const crowdedFactor = 3;

const kinds = ['scheduler', 'fire', 'hook'] as const;
type Kind = (typeof kinds)[number];

/** How late the latest was of what was handled in some time. */
interface Stretch {
  readonly what: Kind | 'steady' | 'start';
  readonly latestMs: number;
}

/**
 * Lateness from when an event was due to when its handler begins. Replacements start before, so that what is measured is the stop and not
 * a start that takes the cores.
 */
describe('a rolling restart of three replicas of each app under load', () => {
  let cluster: Cluster;
  const handlings = new Handlings();
  const running = new Map<Kind, TestProcess[]>(kinds.map((kind) => [kind, []]));
  const stretches: Stretch[] = [];
  afterAll(() => cluster.close());

  it('makes nothing later than half a second, loses nothing and closes each once', async ({ annotate }) => {
    cluster = await Cluster.open();
    for (const kind of kinds) await Promise.all(Array.from({ length: replicas }, () => start(kind)));
    const load = new Load(cluster.kafka, cluster.prefix, onesPerSecond, {
      gridTimers,
      gridStepMs: 1_000 / gridTimers,
      dueAt: () => new Date(Date.now() + dueInMs).toISOString(),
    });
    load.start();
    await handled(300);
    await stretch('steady', () => handled(300));
    for (let replica = 0; replica < replicas; replica += 1) {
      await stretch('start', () => Promise.all(kinds.map(start)));
      await handled(100);
      for (const kind of kinds) {
        const leaving = running.get(kind)?.shift();
        await stretch(kind, async () => leaving?.stop());
        expect(leaving?.endedBy).toBeNull();
      }
    }
    await load.stop();
    await eventually(
      'every event is closed',
      async () =>
        (await lostOnes(cluster.pool, load.created)).length === 0 &&
        (await cluster.pool.query('select from timer_state where phase <> 0 limit 1')).rowCount === 0,
    );
    const report = await reportOf(cluster.pool, cluster.kafka, cluster.topics.due('h'), load.created);
    expect([report.lost, report.findings]).toEqual([[], []]);
    expect(report.closesAccepted).toBe(report.fired);
    const steadyMs = Math.max(...latest('steady'));
    const boundMs = steadyMs <= keepsUpMs ? lateMaxMs : Math.max(lateMaxMs, crowdedFactor * steadyMs);
    const said = `${stretches.map(({ what, latestMs }) => `${what} ${latestMs}`).join(', ')} ms; handled twice: ${handlings.repeats}`;
    await annotate(said);
    for (const kind of kinds)
      expect(Math.max(...latest(kind)), `a stop of ${kind}: ${said}`).toBeLessThanOrEqual(boundMs);
  });

  const latest = (wanted: Stretch['what']): number[] =>
    stretches.filter(({ what }) => what === wanted).map(({ latestMs }) => latestMs);

  async function start(kind: Kind): Promise<void> {
    const started =
      kind === 'hook' ? await cluster.hook({ TELL_HANDLED: 'true' }) : await cluster.start(kind);
    if (kind === 'hook') handlings.of(started);
    running.get(kind)?.push(started);
  }

  /** From the beginning of the work until things go on without it. */
  async function stretch(what: Stretch['what'], work: () => Promise<unknown>): Promise<void> {
    const from = Date.now();
    await work();
    await handled(100);
    stretches.push({ what, latestMs: handlings.latestMs(from, Date.now()) });
  }

  /** So many events that were due from now on. */
  async function handled(count: number): Promise<void> {
    const from = Date.now();
    await eventually(`${count} events are handled`, () => handlings.dueSince(from) >= count);
  }
});
