import type { WireRecord } from '#contract';
import {
  type CommandEnvelope,
  type CommandOutcome,
  type DueIndex,
  defaultFireLimits,
  type EmissionSink,
  type FeedSink,
  type FireLimits,
  type LogFeed,
  type StoredRejection,
  type TimerLog,
} from '#engine';
import { decide, evolve } from '#timer';
import { ManualClock } from '../clock/manual-clock.js';
import { ConsumerGroup } from './consumer-group.js';
import { Random } from './random.js';
import { SimDatabase } from './sim-database.js';
import { SimProcess } from './sim-process.js';
import { SimTopic } from './sim-topic.js';
import { Trace } from './trace.js';
import { SimServer } from './weather.js';

export const partitions = 4;
export const hookClass = 'h';

/** What a client wrote: the command itself, read. */
export type SimCommand = CommandEnvelope['content'];

/** Where a test may stand between the parts, to break one on purpose. */
export interface Wraps {
  readonly timer?: { readonly decide: typeof decide; readonly evolve: typeof evolve };
  readonly log?: (log: TimerLog) => TimerLog;
  readonly due?: (due: DueIndex) => DueIndex;
  readonly feed?: (feed: LogFeed) => LogFeed;
  readonly emissions?: (sink: EmissionSink) => EmissionSink;
  readonly events?: (sink: FeedSink) => FeedSink;
  readonly fireLimits?: Partial<FireLimits>;
}

export interface WorldSettings {
  readonly seed: number;
  readonly wraps: Wraps;
  readonly keepsTrace: boolean;
}

/** What the run itself saw and no log tells. */
export interface Witness {
  readonly outcomes: CommandOutcome<null>[];
  /** Most timers that one fire process had in memory. */
  armedMost: number;
  /** Errors that should have ended a process. */
  readonly fatal: unknown[];
  /** Events that an operator closed, who looks into the log instead of waiting for Kafka. */
  readonly closedByOperator: Set<string>;
}

export const armedMax = 5;
export const fireLimits: FireLimits = {
  ...defaultFireLimits,
  armedMax,
  windowMs: 4_000,
  duePerBatchMax: 8,
  emissionsInFlightMax: 3,
};

/** Everything that a run shares: one clock, one chance, one database, one broker. */
export class World {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly trace: Trace;
  readonly database: SimDatabase;
  readonly broker: SimServer;
  readonly wraps: Wraps;
  readonly topics = {
    commands: new SimTopic<SimCommand>('commands', partitions),
    events: new SimTopic<WireRecord>('events', partitions),
    due: new SimTopic<WireRecord>('due', partitions),
    dead: new SimTopic<WireRecord>('dead', partitions),
    rejected: new SimTopic<StoredRejection>('rejected', partitions),
  };
  readonly groups: {
    readonly scheduler: ConsumerGroup;
    readonly fire: ConsumerGroup;
    readonly hooks: ConsumerGroup;
  };
  readonly witness: Witness = { outcomes: [], armedMost: 0, fatal: [], closedByOperator: new Set() };
  /** How often a consumer goes back and reads again what it had. */
  duplicateChance = 0;
  /** Spread of the processes' clocks, ms. */
  skewMaxMs = 0;
  /** The storm is over: hooks and clients behave. */
  isCalm = false;
  #born = 0;

  constructor({ seed, wraps, keepsTrace }: WorldSettings) {
    this.random = new Random(seed);
    this.wraps = wraps;
    this.trace = new Trace(keepsTrace);
    this.database = new SimDatabase(partitions, this.clock, this.random.fork());
    this.broker = new SimServer('the broker', this.clock, this.random.fork());
    const group = () => new ConsumerGroup(partitions, { clock: this.clock, random: this.random.fork() });
    this.groups = { scheduler: group(), fire: group(), hooks: group() };
  }

  get timer() {
    return this.wraps.timer ?? { decide, evolve };
  }

  process(role: string): SimProcess {
    this.#born += 1;
    const skewMs = this.random.int(-this.skewMaxMs, this.skewMaxMs);
    const rate = 1 + (this.random.fraction() - 0.5) * (this.skewMaxMs > 0 ? 2e-3 : 0);
    return new SimProcess(`${role}-${this.#born}`, this, skewMs, rate);
  }

  /** Like the real producer: one request, which may fail before or after it was written. */
  produce(process: SimProcess, what: string, write: () => void): Promise<void> {
    return process.call(what, this.broker, () =>
      this.broker.serve(async () => {
        write();
      }),
    );
  }
}

export const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
