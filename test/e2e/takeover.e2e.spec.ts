import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#embedded';
import { Cluster, createCommand } from '../harness/cluster.js';
import { seriesSum } from '../harness/metrics-page.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const timers = 40;

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
    const process = await cluster.start(app, { HTTP_PORT: String(port) });
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
    const soon = new Date(Date.now() + 40_000).toISOString();
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
    const shown = await eventually('the second has all', async () => {
      const text = await page(second.port);
      return seriesSum(text, 'carillon_owned_slots') === 256 && text;
    });
    // a share may be dealt out in several steps
    const taken = takeoversOf(second.process);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
    expect(sum(taken.map(({ rows }) => rows))).toBeGreaterThanOrEqual(timers);
    for (const { loadMs } of taken) expect(loadMs).toBeGreaterThanOrEqual(0);
    expect(seriesSum(shown, 'carillon_owner_changes_total')).toBe(sum(taken.map(({ slots }) => slots)));
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
