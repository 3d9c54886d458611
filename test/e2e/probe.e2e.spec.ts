import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Cluster, partitions } from '../harness/cluster.js';
import { seriesSum } from '../harness/metrics-page.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const everyMs = 200;
/** Of a probe that comes back as it should: ten rounds. */
const staleMs = 10 * everyMs;
const lastSuccess = 'carillon_probe_last_success_timestamp_seconds';
const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

describe('the probes', () => {
  let cluster: Cluster;
  let fire: TestProcess;
  let url = '';
  const page = async () => (await fetch(`${url}/metrics`)).text();
  /** Of each partition, as the alert computes it. */
  const ages = async (): Promise<number[]> => {
    const text = await page();
    const now = Date.now();
    return everyPartition.map((n) => now - seriesSum(text, lastSuccess, `partition="${n}"`) * 1_000);
  };
  afterAll(() => cluster.close());

  it('go through every partition, all the way', async () => {
    cluster = await Cluster.open();
    [, fire] = await Promise.all([cluster.start('scheduler'), cluster.start('fire')]);
    ({ url } = await cluster.api({ PROBE_EVERY_MS: String(everyMs) }));
    await eventually('each has come back', async () => (await ages()).every((age) => age < staleMs));
    const text = await page();
    for (const partition of everyPartition)
      expect(seriesSum(text, 'carillon_probe_seconds_count', `partition="${partition}"`)).toBeGreaterThan(0);
    const closed = await cluster.events(`type = 'EventClosed' and record_key like 'carillon.probe/%'`);
    expect([...new Set(closed.map(({ partition }) => partition))].toSorted()).toEqual(everyPartition);
  });

  it('tell by their age that nothing fires, and when it does again', async () => {
    await fire.kill();
    await eventually('all are stale', async () => (await ages()).every((age) => age > staleMs));
    await cluster.start('fire');
    await eventually('all are fresh', async () => (await ages()).every((age) => age < staleMs));
    // what was under way when it died was closed, once
    expect((await cluster.verify()).findings).toEqual([]);
    expect(await cluster.count('EventGivenUp')).toBe(0);
  });

  it('have metrics that the operations page names', async () => {
    const named = readFileSync('docs/operations.md', 'utf8').match(/`carillon_probe_[a-z_]+`/g) ?? [];
    const shown = (await page()).match(/^# TYPE carillon_probe_[a-z_]+/gm) ?? [];
    const names = (all: readonly string[]) =>
      [...new Set(all.map((name) => name.replace(/^# TYPE |`/g, '')))].toSorted();
    expect(names(shown)).toEqual(names(named));
  });
});
