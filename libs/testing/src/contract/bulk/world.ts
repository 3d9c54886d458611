import { randomUUID } from 'node:crypto';
import {
  type Bulk,
  type BulkAction,
  type BulkCommand,
  type BulkCommands,
  type BulkId,
  type BulkOutcome,
  type BulkStore,
  BulkWorker,
  decideAll,
  domainCommand,
  type Sleep,
  type TimerLog,
  type TimerQueries,
} from '#engine';
import { decide, type EpochMs, evolve, type TimerCondition, type TimerInput, type TimerState } from '#timer';
import { createTimer, transact, request as transaction } from '../writing.js';

export interface BulkWorkerSubject {
  readonly log: TimerLog;
  readonly queries: TimerQueries;
  readonly bulks: BulkStore;
  now(): Promise<EpochMs>;
  /** No bulk is there afterwards. */
  clear(): Promise<void>;
  /** Lets the store's clock move on by at least this much. */
  pass(durationMs: number): Promise<void>;
  /** By the store's clock. */
  readonly sleep: Sleep;
  close(): Promise<void>;
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
export const leaseMs = 250;
/** Renewed in time on a busy machine too. */
export const slowLeaseMs = 2_000;
export const timersPerPageMax = 4;

/** As the runtime's: a worker's waits are short, or over with their signal. */
const realSleep: Sleep = (durationMs, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal?.addEventListener('abort', done, { once: true });
  });

export class Killed extends Error {}
/** Steps of a page at which its worker is killed; what it had done until then stays. */
export type Point = 'claim' | 'begin' | 'ask 1' | 'ask 3' | 'reply 2' | 'settle';
export const points: Point[] = ['claim', 'begin', 'ask 1', 'ask 3', 'reply 2', 'settle'];
export const actions: BulkAction[] = [
  { type: 'pause' },
  { type: 'delete' },
  { type: 'retag', add: ['new'], remove: ['odd'] },
];

/** Timers, bulks and the way of commands between them, all of it real but for the wire. */
export class World {
  readonly namespace = randomUUID();
  readonly sent: BulkCommand[] = [];
  #offset = 0n;

  constructor(readonly subject: BulkWorkerSubject) {}

  /** As the scheduler does it: remembered commands get their first outcome. */
  readonly ask = async (command: BulkCommand): Promise<BulkOutcome> => {
    this.sent.push(command);
    this.#offset += 1n;
    const { commandId, target, actor } = command;
    const envelope = {
      source: { topic: 'commands', partition: 0, offset: this.#offset },
      key: null,
      value: null,
      content: {
        kind: 'command' as const,
        commandId,
        target: { timerId: target.timerId },
        command: domainCommand(command) as never,
      },
      reply: null,
      ...(actor !== null && { actor }),
    };
    let outcome: BulkOutcome = { ok: true };
    const wanted = transaction({ targets: [{ timerId: target.timerId }], commandIds: [commandId] });
    await transact(this.subject.log, wanted, (loaded) => {
      const decided = decideAll([envelope], loaded, { decide, evolve }, () => target.timerId);
      const [first] = decided.outcomes;
      outcome = first?.kind === 'rejected' ? { ok: false, ...first.rejection } : { ok: true };
      return decided.writes;
    });
    return outcome;
  };

  create(key: string, timer: Partial<TimerInput> = {}): Promise<TimerState> {
    return createTimer(this.subject.log, timer, { namespace: this.namespace, key });
  }

  worker(
    commands: BulkCommands = { ask: this.ask },
    store: BulkStore = this.subject.bulks,
    sleep: Sleep = realSleep,
    lease = leaseMs,
  ): BulkWorker {
    const { queries } = this.subject;
    const limits = { timersPerPageMax, leaseMs: lease };
    return new BulkWorker({ store, queries, commands, logger: silent, sleep, limits });
  }

  /** The store for a worker, with some of its calls replaced. */
  storeWith(replaced: Partial<BulkStore>): BulkStore {
    const { bulks } = this.subject;
    return Object.assign(Object.create(bulks) as BulkStore, {
      claim: (...args: Parameters<BulkStore['claim']>) => bulks.claim(...args),
      begin: (...args: Parameters<BulkStore['begin']>) => bulks.begin(...args),
      renew: (...args: Parameters<BulkStore['renew']>) => bulks.renew(...args),
      settle: (...args: Parameters<BulkStore['settle']>) => bulks.settle(...args),
      ...replaced,
    });
  }

  request(action: BulkAction, condition: TimerCondition = {}): Promise<Bulk> {
    const { namespace } = this;
    const order = {
      id: randomUUID() as BulkId,
      action,
      condition: { ...condition, namespace },
      actor: 'ada',
    };
    return this.subject.bulks.add(order);
  }

  async all(): Promise<readonly TimerState[]> {
    const { namespace } = this;
    const { timers } = await this.subject.queries.list(
      { namespace },
      { order: 'key', limit: 100, after: null },
    );
    return timers;
  }

  async finish(worker = this.worker()): Promise<void> {
    while (await worker.tick());
  }

  find({ id }: Bulk): Promise<Bulk | null> {
    return this.subject.bulks.find(id);
  }

  /** A worker that dies at this point of its page. */
  dying(point: Point): BulkWorker {
    const { bulks } = this.subject;
    const die = (): never => {
      throw new Killed();
    };
    let asked = 0;
    const store = this.storeWith({
      begin: async (...args) => {
        if (point === 'claim') die();
        const began = await bulks.begin(...args);
        return point === 'begin' ? die() : began;
      },
      settle: async (...args) => (point === 'settle' ? die() : bulks.settle(...args)),
    });
    const ask = async (command: BulkCommand): Promise<BulkOutcome> => {
      asked += 1;
      const [dies, losesReply] = [point === `ask ${asked}`, point === `reply ${asked}`];
      if (dies) die();
      const outcome = await this.ask(command);
      return losesReply ? die() : outcome;
    };
    return this.worker({ ask }, store);
  }
}
