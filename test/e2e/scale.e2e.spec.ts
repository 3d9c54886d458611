import { afterAll, describe, expect, it } from 'vitest';
import { Load } from '../chaos/load.js';
import { isSettled, reportOf } from '../chaos/report.js';
import { Cluster } from '../harness/cluster.js';
import { EventStream, type StreamMessage } from '../harness/event-stream.js';
import type { TestProcess } from '../harness/process.js';
import { eventually } from '../harness/wait.js';

const createsPerSecond = 40;
const most = 3;

interface Api {
  readonly process: TestProcess;
  readonly url: string;
}

describe('1 → 3 → 1 processes of each app under load', () => {
  let cluster: Cluster;
  afterAll(() => cluster.close());

  it('lose nothing, close once, and tell a watcher everything', async () => {
    cluster = await Cluster.open();
    const [scheduler, fire, hook] = await Promise.all([
      cluster.start('scheduler'),
      cluster.start('fire'),
      cluster.hook(),
    ]);
    const [schedulers, fires, hooks] = [[scheduler], [fire], [hook]];
    const apis: Api[] = [await cluster.api()];
    const watcher = new Watcher(apis);
    await watcher.start();
    const load = new Load(cluster.kafka, cluster.prefix, createsPerSecond);
    load.start();
    await closesMore(150);

    const more = Array.from({ length: most - 1 });
    const [moreSchedulers, moreFires, moreApis, moreHooks] = await Promise.all([
      Promise.all(more.map(() => cluster.start('scheduler'))),
      Promise.all(more.map(() => cluster.start('fire'))),
      Promise.all(more.map(() => cluster.api())),
      Promise.all(more.map(() => cluster.hook())),
    ]);
    schedulers.push(...moreSchedulers);
    fires.push(...moreFires);
    apis.push(...moreApis);
    hooks.push(...moreHooks);
    await eventually('each fire service has a share', () => fires.every((fire) => sharesOf(fire) > 0));
    await eventually('nobody has them all', () => fires.every((fire) => sharesOf(fire) < 256));
    await closesMore(200);

    // the youngest stay
    for (const leaving of [schedulers, fires, hooks, apis.map(({ process }) => process)])
      await Promise.all(leaving.slice(0, most - 1).map((process) => process.stop()));
    expect([...schedulers, ...fires, ...hooks].filter(({ endedBy }) => endedBy !== null)).toEqual([]);
    await eventually('the last one has them all', () => sharesOf(fires.at(-1)) === 256);
    await closesMore(200);

    await load.stop();
    await eventually('every event is closed', () => isSettled(cluster.pool, load.created));
    const report = await reportOf(cluster.pool, cluster.kafka, cluster.topics.due('h'), load.created);
    expect([report.lost, report.findings]).toEqual([[], []]);
    expect(report.closesAccepted).toBe(report.fired);
    const { length } = await cluster.events();
    await eventually('the watcher has heard all of it', () => watcher.facts().length >= length);
    expect(new Set(watcher.facts().map(({ data }) => `${data.timerId}/${data.version}`)).size).toBe(length);
    expect(watcher.facts()).toHaveLength(length);
    await watcher.stop();
  });

  async function closesMore(by: number): Promise<void> {
    const closes = await cluster.count('EventClosed');
    await eventually('it goes on', async () => (await cluster.count('EventClosed')) > closes + by);
  }
});

/** Slots that a fire service owns, by its own word. */
function sharesOf(fire: TestProcess | undefined): number {
  const line = fire?.lines.findLast((text) => text.includes('owns slots')) ?? '{}';
  return (JSON.parse(line) as { slots?: number }).slots ?? 0;
}

/** Comes again, as an EventSource does, at whichever api is there. */
class Watcher {
  readonly #streams: EventStream[] = [];
  #isOver = false;
  #running: Promise<void> | null = null;

  constructor(private readonly apis: readonly Api[]) {}

  async start(): Promise<void> {
    await this.#open();
    await eventually('it watches', () => this.#streams[0]?.has('ready'));
    this.#running = this.#run();
  }

  facts(): StreamMessage[] {
    return this.#streams.flatMap(({ facts }) => facts);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    this.#streams.at(-1)?.close();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      if (this.#streams.at(-1)?.isClosed) await this.#open();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #open(): Promise<void> {
    // one that ended before its first id leaves the last one as it was
    const last = this.#streams.findLast(({ lastEventId }) => lastEventId !== '')?.lastEventId;
    const there = this.apis.filter(({ process }) => !process.hasExited);
    for (const { url } of there) {
      const stream = await EventStream.open(`${url}/v1/watch`, last).catch(() => null);
      if (stream?.status !== 200) continue;
      this.#streams.push(stream);
      return;
    }
  }
}
