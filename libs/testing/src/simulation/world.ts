import type { WireRecord } from '#contract';
import {
  ByDatabase,
  type CommandEnvelope,
  type CommandOutcome,
  type DueIndex,
  defaultFireLimits,
  type EmissionSink,
  type ExpandableSystem,
  type FeedSink,
  type FireLimits,
  type LogFeed,
  type RetentionStore,
  type StoredRejection,
  type TimerLog,
} from '#engine';
import { decide, evolve } from '#timer';
import { ManualClock } from '../clock/manual-clock.js';
import { ConsumerGroup } from './consumer-group.js';
import type { Plan } from './plan.js';
import { Random } from './random.js';
import { SimDatabase, type Spread } from './sim-database.js';
import { SimProcess } from './sim-process.js';
import { SimTopic } from './sim-topic.js';
import type { LateCommit } from './sim-transactions.js';
import { Trace } from './trace.js';
import { SimServer } from './weather.js';

/** Of the log and its topics, before an expansion and after it. */
export const partitionsAtFirst = 4;
export const partitionsExpanded = 8;
export const hookClass = 'h';
/** What a timer may be given later; the same hooks handle it. */
export const otherHookClass = 'other';

/** What a client wrote: the command itself, read. */
export type SimCommand = Exclude<CommandEnvelope['content'], { kind: 'misplaced' }>;

/** Where a test may stand between the parts, to break one on purpose. */
export interface Wraps {
  readonly timer?: { readonly decide: typeof decide; readonly evolve: typeof evolve };
  readonly log?: (log: TimerLog) => TimerLog;
  readonly due?: (due: DueIndex) => DueIndex;
  readonly feed?: (feed: LogFeed) => LogFeed;
  readonly retention?: (store: RetentionStore) => RetentionStore;
  readonly emissions?: (sink: EmissionSink) => EmissionSink;
  readonly events?: (sink: FeedSink) => FeedSink;
  /** The running system, as an expansion sees it. */
  readonly system?: (system: ExpandableSystem) => ExpandableSystem;
  readonly spread?: Spread;
  readonly lateCommit?: LateCommit;
  /** What a scheduler does with a command whose timer lies in another database. */
  readonly ofAnotherDatabase?: (content: SimCommand) => CommandEnvelope['content'];
  readonly fireLimits?: Partial<FireLimits>;
}

export interface WorldSettings {
  readonly random: Random;
  readonly plan: Plan;
  readonly wraps: Wraps;
  readonly keepsTrace: boolean;
  /** Default: far longer than between two beats of a member, as where the broker is slow. */
  readonly dealtWithinMs?: number;
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

/** Everything that a run shares: one clock, one chance, the databases, one broker. */
export class World {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly plan: Plan;
  readonly trace: Trace;
  readonly databases: ByDatabase<SimDatabase>;
  readonly broker: SimServer;
  readonly wraps: Wraps;
  readonly topics = {
    commands: new SimTopic<SimCommand>('commands', partitionsAtFirst),
    events: new SimTopic<WireRecord>('events', partitionsAtFirst),
    due: new SimTopic<WireRecord>('due', partitionsAtFirst),
    dead: new SimTopic<WireRecord>('dead', partitionsAtFirst),
    rejected: new SimTopic<StoredRejection>('rejected', partitionsAtFirst),
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

  constructor({ random, plan, wraps, keepsTrace, dealtWithinMs = 800 }: WorldSettings) {
    this.random = random;
    this.plan = plan;
    this.wraps = wraps;
    this.trace = new Trace(keepsTrace);
    const { clock, topics } = this;
    this.databases = ByDatabase.from(
      plan.databases === 2 ? [1, 2] : [1],
      (_, place) =>
        new SimDatabase({
          place,
          partitions: partitionsAtFirst,
          clock,
          random: random.fork(),
          lateCommit: wraps.lateCommit,
        }),
    );
    this.broker = new SimServer('the broker', clock, random.fork());
    const group = (topic: SimTopic<unknown>) =>
      new ConsumerGroup({ width: () => topic.width, clock, random: random.fork(), dealtWithinMs });
    this.groups = {
      scheduler: group(topics.commands),
      fire: group(topics.events),
      hooks: group(topics.due),
    };
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
