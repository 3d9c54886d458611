import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { Cluster, closeCommand, createCommand } from '../harness/cluster.js';
import { seriesSum } from '../harness/metrics-page.js';
import { eventually } from '../harness/wait.js';

const timers = 25;

describe('metrics of a run', () => {
  let cluster: Cluster;
  const pages = { scheduler: '', fire: '', api: '' };
  beforeAll(async () => {
    cluster = await Cluster.open();
    const [schedulerPort, firePort] = [await freePort(), await freePort()];
    const QUOTAS = JSON.stringify({ '*': { timers: 1_000 }, none: { timers: 0 } });
    await Promise.all([
      cluster.start('scheduler', { HTTP_PORT: String(schedulerPort), QUOTAS }),
      cluster.start('fire', { HTTP_PORT: String(firePort) }),
    ]);
    const due = await cluster.due('h');
    // each is emitted once: its attempt is not over before all of this is
    const once = { schedPolicyType: 'ONCE', schedPolicyExpr: '1ms', hookClass: 'h', ackTimeout: '1h' };
    const creates = Array.from({ length: timers }, (_, i) => createCommand(`t-${i}`, once));
    const leftOpen = createCommand('left-open', { ...once, hookClass: 'nobody' });
    const overQuota = { ...createCommand('refused', once), namespace: 'none' };
    await cluster.send([...creates, createCommand('t-0', once), leftOpen, overQuota]);
    await eventually('all are delivered', () => due.deliveries().length === timers);
    await cluster.send(due.deliveries().map((delivery) => closeCommand(delivery)));
    await eventually('all are closed', async () => (await cluster.count('EventClosed')) === timers);
    const page = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const port of [schedulerPort, firePort])
      expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    await eventually('the last acknowledgement is counted', async () => {
      pages.fire = await page(firePort);
      return seriesSum(pages.fire, 'carillon_emissions_total') === timers + 1;
    });
    // one is left that has not ended
    await eventually('the timers that are left were counted', async () => {
      pages.scheduler = await page(schedulerPort);
      return seriesSum(pages.scheduler, 'carillon_namespace_timers', 'namespace="default"') === 1;
    });
    const { url } = await cluster.api();
    for (const key of ['t-0', 't-1', 'nobody']) await fetch(`${url}/v1/namespaces/default/timers/${key}`);
    await eventually('the last answer is counted', async () => {
      pages.api = await (await fetch(`${url}/metrics`)).text();
      return seriesSum(pages.api, 'carillon_request_seconds_count', 'status="404"') === 1;
    });
  });
  afterAll(() => cluster.close());

  it('count what the log counts', async () => {
    const commands = (...labels: string[]) =>
      seriesSum(pages.scheduler, 'carillon_commands_total', ...labels);
    expect(commands('type="CreateTimer"', 'outcome="applied"')).toBe(await cluster.count('TimerCreated'));
    expect(commands('type="CreateTimer"', 'outcome="timer-exists"')).toBe(1);
    expect(commands('type="CloseEvent"', 'outcome="applied"')).toBe(await cluster.count('EventClosed'));
    expect(seriesSum(pages.fire, 'carillon_emissions_total', 'kind="first"')).toBe(
      await cluster.count('EventTriggered'),
    );
    expect(seriesSum(pages.fire, 'carillon_fire_lateness_seconds_count')).toBe(timers + 1);
    expect(seriesSum(pages.fire, 'carillon_owned_slots')).toBe(256);
    expect(seriesSum(pages.fire, 'carillon_emissions_total', 'hook_class="h"')).toBe(timers);
    expect(seriesSum(pages.scheduler, 'carillon_end_to_end_seconds_count', 'hook_class="h"')).toBe(timers);
    const quotas = ['namespace="none"', 'quota="timers"'];
    expect(seriesSum(pages.scheduler, 'carillon_quota_refusals_total', ...quotas)).toBe(1);
    expect(seriesSum(pages.scheduler, 'carillon_namespace_timers_quota', 'namespace="default"')).toBe(1_000);
    expect(seriesSum(pages.api, 'carillon_open_events')).toBe(1);
    expect(
      seriesSum(
        pages.api,
        'carillon_request_seconds_count',
        'route="/v1/namespaces/:namespace/timers/:key"',
        'status="200"',
      ),
    ).toBe(2);
  });

  it('are those of the operations page, and no others', () => {
    // those of the probes, which are off here, have a spec of their own
    const named = readFileSync('docs/operations.md', 'utf8').match(/`carillon_(?!probe_)[a-z_]+`/g) ?? [];
    const shown = `${pages.scheduler}${pages.fire}${pages.api}`.match(/^# TYPE carillon_[a-z_]+/gm) ?? [];
    const names = (all: readonly string[]) =>
      [...new Set(all.map((text) => text.replace(/^# TYPE |`/g, '')))].toSorted();
    expect(names(shown)).toEqual(names(named));
  });
});
