import { defaultNamespace, TimerCalls } from '#client';
import { type DueEvent, deadRecord, dueRecord, parseDueRecord } from '#contract';
import { CommandRates, type Emission, QuotaGuard, type QuotaSettings, Quotas } from '#engine';
import { HookRunner, type Hooks, type RunEnd } from '#hooks';
import { durationMs, type EpochMs } from '#timer';
import { ManualClock } from '../clock/manual-clock.js';
import { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';
import { InMemoryCommands } from './in-memory-commands.js';
import { InMemoryFire } from './in-memory-fire.js';
import { InMemoryReads } from './in-memory-reads.js';
import { InMemoryRelay } from './in-memory-relay.js';
import { WatchBell } from './in-memory-watch.js';

export interface InMemoryTimersOptions {
  /** Handlers by hook class, as for a `HookWorker`. Events of a class without one stay open until they are closed. */
  readonly hooks?: Hooks;
  /** Default: one that begins at 2026-01-01T00:00:00Z. */
  readonly clock?: ManualClock;
  readonly namespace?: string;
  /** What each namespace may use, as `QUOTAS` of the processes says it; `*` for all others. */
  readonly quotas?: QuotaSettings;
}

/** Emitted events that are kept to be looked at; older ones go. */
const keptMax = 10_000;
/** Turns of the event loop that a handler gets before time goes on without it. */
const settleTurnsMax = 50;

/**
 * A whole Carillon in memory, for tests of what uses it: the same client, the same decisions on the same log, handlers that
 * close, fail, retry and give up as they do in service; without Kafka, Postgres or waiting. Time passes when `advance` says so.
 */
export class InMemoryTimers extends TimerCalls {
  readonly clock: ManualClock;
  /** What was emitted, oldest first; a later attempt is emitted again. */
  readonly dueEvents: DueEvent[] = [];
  /** What was given up. */
  readonly deadEvents: DueEvent[] = [];
  readonly #fire: InMemoryFire;
  readonly #runner: HookRunner;
  readonly #failures: unknown[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor({
    hooks = {},
    clock = new ManualClock(),
    namespace = defaultNamespace,
    quotas = {},
  }: InMemoryTimersOptions = {}) {
    const store = new InMemoryTimerStore({ partitions: 1, now: () => clock.now() });
    const bell = new WatchBell();
    const commands = new InMemoryCommands(
      store,
      () => clock.now(),
      () => this.#onWritten(),
      new QuotaGuard({ quotas: new Quotas(quotas), rates: new CommandRates(), usage: store.usage }),
    );
    super({
      commands,
      reads: new InMemoryReads(store, bell, () => clock.now()),
      namespace,
      timeoutMs: 10_000,
      // nothing else moves while this one waits, so there is nothing to wait for
      sleep: async (_ms, signal) => signal?.throwIfAborted(),
    });
    this.clock = clock;
    this.#onWritten = () => {
      bell.ring();
      this.#fire.strikeSoon();
    };
    const relay = new InMemoryRelay(store, (command) => commands.tell(command));
    this.#fire = new InMemoryFire(
      store,
      clock,
      (emission) => this.#emit(emission),
      () => bell.ring(),
      () => relay.run(),
    );
    this.#runner = new HookRunner({
      hooks,
      clock,
      log: silent,
      send: async (command) => {
        // a refusal is for the change feed, as in service: the event is somebody else's by then
        await commands.ask(command, {});
      },
    });
  }

  #onWritten: () => void;

  /**
   * Lets so much time pass (`'1h30m'`, or ms): what is due on the way fires at its moment, and its handlers run. A handler that
   * waits for real input or output may still run afterwards: `idle()` waits for it.
   */
  async advance(duration: string | number): Promise<void> {
    const ms = typeof duration === 'string' ? durationMs(duration) : duration;
    const until = (this.clock.now() + ms) as EpochMs;
    await this.#settle();
    for (let next = this.#fire.nextAt; next !== null && next <= until; next = this.#fire.nextAt) {
      await this.clock.advanceTo(next);
      await this.#settle();
    }
    await this.clock.advanceTo(until);
    await this.#settle();
  }

  /** @param moment RFC 3339, or epoch ms; one that has passed is none */
  async advanceTo(moment: string | EpochMs): Promise<void> {
    const until = typeof moment === 'string' ? Date.parse(moment) : moment;
    if (Number.isNaN(until)) throw new RangeError(`not a moment: ${moment}`);
    await this.advance(Math.max(0, until - this.clock.now()));
  }

  /** Until nothing is due and no handler runs. @throws what went wrong in the machinery; what a handler throws is a retry */
  async idle(): Promise<void> {
    await this.#fire.settled();
    while (this.#running.size > 0) {
      await Promise.all(this.#running);
      await this.#fire.settled();
    }
    this.#throwFailure();
  }

  /** Stops the hooks that were made. Safe to call twice. */
  async close(): Promise<void> {
    this.#fire.stop();
    await this.#runner.stop(0);
  }

  /** As far as it goes without the clock and without the outside world: a handler may wait for either. */
  async #settle(): Promise<void> {
    await this.#fire.settled();
    for (let turns = 0; this.#running.size > 0 && turns < settleTurnsMax; turns += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.#fire.settled();
    }
    this.#throwFailure();
  }

  #throwFailure(): void {
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  #emit(emission: Emission): void {
    if (emission.kind === 'dead') {
      const { value } = deadRecord(emission.before, emission);
      keep(this.deadEvents, JSON.parse(value) as DueEvent);
      return;
    }
    const { headers, value } = dueRecord(emission.kind, emission.state);
    const read = parseDueRecord({
      value: Buffer.from(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    });
    if (!read.ok) throw new Error(`an emission that cannot be read: ${read.reason}`);
    if (read.kind === 'due') keep(this.dueEvents, read.event);
    let finish: () => void = () => undefined;
    const run = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#running.add(run);
    const done = (end: RunEnd): void => {
      if (end.kind === 'unsent') this.#failures.push(end.error);
      this.#running.delete(run);
      finish();
    };
    if (!this.#runner.take(read.event.timer.hookClass, read, done)) done({ kind: 'answered' });
  }
}

function keep(events: DueEvent[], event: DueEvent): void {
  events.push(event);
  if (events.length > keptMax) events.shift();
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
