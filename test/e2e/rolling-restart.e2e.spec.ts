import { afterAll, describe, expect, it } from 'vitest';
import { Load } from '../chaos/load.js';
import { lostOnes } from '../chaos/report.js';
import { Cluster, createCommand } from '../harness/cluster.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const replicas = 3;
const createsPerSecond = 30;
/** Of a quiet machine; a crowded one is judged by how late it is when a process merely starts beside the others. */
const lateMaxMs = 500;

type Kind = 'scheduler' | 'fire' | 'hook';
const kinds: readonly Kind[] = ['scheduler', 'fire', 'hook'];

/**
 * What shows a hand-over that takes long: a tick of a timer that closes itself, if fire's does; a one-shot of 200 ms, if the
 * scheduler's does, whose relay tells fire of it; a tick a second after the one before, if the hook's does, or whoever applies its close.
 */
describe('a rolling restart of three processes of each kind under load', () => {
  let cluster: Cluster;
  afterAll(() => cluster.close());

  it('hands over without anything being later than half a second', async () => {
    cluster = await Cluster.open();
    const running = new Map<Kind, readonly TestProcess[]>();
    for (const kind of kinds)
      running.set(kind, await Promise.all(Array.from({ length: replicas }, () => start(kind))));
    const startAt = new Date(Date.now() + 2_000).toISOString();
    await cluster.send(
      Array.from({ length: 40 }, (_, n) =>
        createCommand(`grid-of-its-own-${n}`, {
          schedPolicyType: 'INTERVAL',
          schedPolicyExpr: `${400 + n * 10}ms`,
          startAt,
        }),
      ),
    );
    const load = new Load(cluster.kafka, cluster.prefix, createsPerSecond);
    load.start();
    await eventually('they run', async () => (await cluster.count('EventTriggered')) > 800, 60_000);
    const startsAt = Date.now();
    await cluster.start('fire');
    const usual = await latestSince(startsAt);
    const late: Record<string, number> = { usual };
    for (const kind of kinds) {
      const from = Date.now();
      for (const process of running.get(kind) ?? []) {
        await Promise.all([process.stop(), start(kind)]);
        expect(process.endedBy).toBeNull();
      }
      late[kind] = await latestSince(from);
    }
    await load.stop();
    for (const kind of kinds)
      expect(late[kind], JSON.stringify(late)).toBeLessThanOrEqual(Math.max(lateMaxMs, 3 * usual));
    await eventually(
      'every one-shot is over',
      async () => (await lostOnes(cluster.pool, load.created)).length === 0,
    );
    expect((await cluster.verify()).findings).toEqual([]);
  });

  const start = (kind: Kind): Promise<TestProcess> =>
    kind === 'hook' ? cluster.hook() : cluster.start(kind);

  /** Of what fired and of what was dropped because it was too late. */
  async function latestSince(epochMs: number): Promise<number> {
    const settled = await cluster.events(
      `type in ('EventTriggered', 'TicksDropped') and recorded_at > to_timestamp($1 / 1000.0)`,
      [epochMs],
    );
    return Math.max(
      ...settled.map(
        ({ data }) => Date.parse(String(data.at)) - Date.parse(String(data.scheduledFor ?? data.first)),
      ),
    );
  }
});
