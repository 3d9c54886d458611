import { randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import type { NewTimer, TimerClient } from '#client';
import { topicsOf } from '#contract';
import { HookWorker } from '#hooks';
import { KafkaAdmin } from '#kafka';
import { kafka, topicPrefix, withClient } from '../connection.js';
import { note, type ShownAs, say, sayJson } from '../output/out.js';
import { withProgress } from '../output/progress.js';
import { Cycles, quantilesOf } from './figures.js';

const namespace = 'carillon-bench';
/** What a run may ask of an installation that others use, too. */
export const timersMax = 10_000;
/** The first is due so long after all were made: a tick that lay in the past would be late by our own fault. */
const leadMs = 2_000;
/** For each that is made, ms; a slow installation is given its time. */
const makingMsEach = 5;
const patienceMs = 30_000;
const deletedAtOnce = 50;
const lookedEveryMs = 100;

interface BenchFlags extends ShownAs {
  readonly timers: string;
  /** Fires a second. */
  readonly rate: string;
}

/** A small load on the installation that is there: timers that fire once, closed by a worker in this process. @returns 1 if one was not closed */
export async function benchCommand({ timers, rate, json }: BenchFlags): Promise<number> {
  const wish = { count: Math.min(Number(timers), timersMax), perSecond: Number(rate) };
  return withClient({ namespace, timeoutMs: patienceMs }, async (client) => {
    const bench = new Bench(client, wish);
    // told at the end: whoever reads may go away, and that ends the process
    const figures = await bench.run().finally(() => bench.cleanUp());
    if (json) sayJson(figures);
    else tell(figures);
    return figures.closed === wish.count ? 0 : 1;
  });
}

type Figures = Awaited<ReturnType<Bench['run']>>;

function tell({ asked, closed, createsPerSecond, lateness, closeTime }: Figures): void {
  const line = (what: string, quantiles: Figures['lateness']): void => {
    if (quantiles !== null)
      say(`${what}  p50 ${quantiles.p50} ms, p99 ${quantiles.p99} ms, at most ${quantiles.max} ms`);
  };
  say(`made     ${asked} timers, ${createsPerSecond.toFixed(0)} a second`);
  say(`closed   ${closed} of ${asked}`);
  line('late   ', lateness);
  line('to close', closeTime);
  if (closed < asked) note('not all came back in time: `carillon doctor` says what is missing');
}

class Bench {
  readonly #hookClass = `carillon-bench-${randomUUID().slice(0, 8)}`;
  readonly #worker: HookWorker;
  readonly #stopping = new AbortController();
  readonly #cycles = new Cycles();

  constructor(
    private readonly client: TimerClient,
    private readonly wish: { readonly count: number; readonly perSecond: number },
  ) {
    this.#worker = new HookWorker({
      kafka: kafka(),
      topicPrefix: topicPrefix(),
      groupId: this.#hookClass,
      hooks: { [this.#hookClass]: () => undefined },
    });
    // whoever calls it off gets what was measured, and everything is put away all the same
    process.once('SIGINT', () => this.#stopping.abort());
    process.once('SIGTERM', () => this.#stopping.abort());
  }

  async run() {
    const { count, perSecond } = this.wish;
    await this.#worker.start();
    const { watching } = await this.#watch();
    const sinceMs = performance.now();
    const firstAtMs = Date.now() + leadMs + count * makingMsEach;
    const outcomes = await this.client.createTimers(
      Array.from({ length: count }, (_, n) => this.#timer(n, firstAtMs + (n / perSecond) * 1_000)),
    );
    const madeMs = performance.now() - sinceMs;
    const refused = outcomes.find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') throw refused.reason;
    await this.#untilClosed(firstAtMs + (count / perSecond) * 1_000 + patienceMs);
    this.#stopping.abort();
    await watching;
    return {
      hookClass: this.#hookClass,
      asked: count,
      createsPerSecond: count / (madeMs / 1_000),
      closed: this.#cycles.closed,
      lateness: quantilesOf(this.#cycles.latenessMs),
      closeTime: quantilesOf(this.#cycles.closeMs),
    };
  }

  /** Timers and their topic go, whatever became of the run; their history stays as any history does. */
  async cleanUp(): Promise<void> {
    this.#stopping.abort();
    await this.#worker.stop();
    const keys: string[] = [];
    for await (const { key } of this.client.getTimers({ namespace, hookClass: this.#hookClass }))
      keys.push(key);
    await withProgress('tidying up', keys.length, async (at) => {
      for (let first = 0; first < keys.length; first += deletedAtOnce) {
        const some = keys.slice(first, first + deletedAtOnce);
        await Promise.all(some.map((key) => this.client.deleteTimer({ key })));
        at(first + some.length);
      }
    });
    await new KafkaAdmin(kafka()).deleteTopics([topicsOf(topicPrefix()).due(this.#hookClass)]);
  }

  #timer(n: number, atMs: number): NewTimer {
    const schedPolicyExpr = new Date(atMs).toISOString();
    return {
      key: `${this.#hookClass}/${n}`,
      hookClass: this.#hookClass,
      schedPolicyType: 'ONCE',
      schedPolicyExpr,
    };
  }

  /** Resolves once nothing is missed; `watching`, when the watch has ended. */
  async #watch(): Promise<{ readonly watching: Promise<void> }> {
    const ready = Promise.withResolvers<void>();
    const options = { signal: this.#stopping.signal, onReady: ready.resolve };
    const changes = this.client.watch({ namespace, keyPrefix: `${this.#hookClass}/` }, options);
    const watching = (async () => {
      for await (const change of changes) this.#cycles.tell(change);
    })();
    watching.catch(ready.reject);
    await ready.promise;
    return { watching };
  }

  #untilClosed(deadlineMs: number): Promise<void> {
    const { count } = this.wish;
    const { signal } = this.#stopping;
    return withProgress('closed', count, async (at) => {
      while (this.#cycles.closed < count && Date.now() < deadlineMs && !signal.aborted) {
        at(this.#cycles.closed);
        await after(lookedEveryMs, undefined, { signal }).catch(() => undefined);
      }
    });
  }
}
