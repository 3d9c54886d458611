import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { Cluster, createCommand } from '../harness/cluster.js';
import { seriesSum } from '../harness/metrics-page.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const timers = 40;
const windowMs = 600_000;

interface TakeoverLine {
  readonly msg: string;
  readonly slots: number;
  readonly rows: number;
  readonly loadMs: number;
  readonly latenessMs: number;
}
const takeoversOf = ({ lines }: TestProcess): TakeoverLine[] =>
  lines.map((line) => JSON.parse(line) as TakeoverLine).filter(({ msg }) => msg === 'took slots over');

/** Stops a process; answers what `/health/ready` said meanwhile, until nobody answered. */
async function readinessWhileStopping(process: TestProcess, port: number): Promise<string[]> {
  const told: string[] = [];
  const ask = async (): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    const { reason } = (await answer.json()) as { reason?: string };
    told.push(reason ?? 'ready');
  };
  await ask();
  const stopped = process.stop();
  while (!process.hasExited) await ask().catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  await stopped;
  return told.filter((reason, index) => reason !== told[index - 1]);
}

describe('when a process goes and another stays', () => {
  let cluster: Cluster;
  const started: { process: TestProcess; port: number }[] = [];
  const start = async (app: 'scheduler' | 'fire') => {
    const port = await freePort();
    const process = await cluster.start(app, { HTTP_PORT: String(port), WINDOW_MS: String(windowMs) });
    started.push({ process, port });
    return { process, port };
  };
  const page = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  beforeAll(async () => {
    cluster = await Cluster.open();
  });
  afterAll(() => cluster.close());

  it('a takeover of slots is told, with what was read for them, how long it took and how late it was', async () => {
    const scheduler = await start('scheduler');
    // within what a fire service reads ahead, and after all of this
    const soon = new Date(Date.now() + windowMs / 2).toISOString();
    await cluster.send(
      Array.from({ length: timers }, (_, n) =>
        createCommand(`t-${n}`, { schedPolicyType: 'ONCE', schedPolicyExpr: soon }),
      ),
    );
    await eventually('they are created', async () => (await cluster.count('TimerCreated')) === timers);
    const first = await start('fire');
    await eventually('the first has all', () =>
      takeoversOf(first.process).some(({ slots }) => slots === 256),
    );
    expect(takeoversOf(first.process)[0]).toMatchObject({ rows: timers, latenessMs: 0 });

    const second = await start('fire');
    await eventually('the second has a share', () => takeoversOf(second.process).length > 0);
    expect(await readinessWhileStopping(first.process, first.port)).toEqual([
      'ready',
      'this process goes away',
    ]);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
    // a share may be dealt out in several steps; it is owned before what is due in it was read, and told after
    const { shown, taken } = await eventually('the second has taken all', async () => {
      const text = await page(second.port);
      const told = takeoversOf(second.process);
      const isWhole =
        seriesSum(text, 'carillon_owned_slots') === 256 &&
        seriesSum(text, 'carillon_owner_changes_total') === sum(told.map(({ slots }) => slots)) &&
        sum(told.map(({ rows }) => rows)) >= timers;
      return isWhole && { shown: text, taken: told };
    });
    for (const { loadMs } of taken) expect(loadMs).toBeGreaterThanOrEqual(0);
    expect(seriesSum(shown, 'carillon_takeover_load_seconds_count')).toBe(taken.length);
    expect(seriesSum(shown, 'carillon_takeover_lateness_seconds_count')).toBe(taken.length);
    expect(seriesSum(await page(scheduler.port), 'carillon_owned_partitions')).toBe(4);
  });

  it('a scheduler is not ready any more before it is gone', async () => {
    const [leaving] = started;
    const staying = await start('scheduler');
    if (leaving === undefined) throw new Error('no scheduler was started');
    expect(await readinessWhileStopping(leaving.process, leaving.port)).toEqual([
      'ready',
      'this process goes away',
    ]);
    await eventually('the other has all partitions', async () => {
      const shown = await page(staying.port);
      return seriesSum(shown, 'carillon_owned_partitions') === 4;
    });
    expect(seriesSum(await page(staying.port), 'carillon_owner_changes_total')).toBeGreaterThanOrEqual(4);
  });
});
