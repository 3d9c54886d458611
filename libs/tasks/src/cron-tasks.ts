import { ApiNotConfiguredError, TimerExistsError, TimerNotExistError, TimerNotPausedError } from '#client';
import type { TimerChangeWire, TimerRecord } from '#contract';
import { taskError } from './errors.js';
import type { FrameworkSwitch } from './framework-switch.js';
import { type CronTask, cronTaskOf } from './model/cron-task-record.js';
import type { NewTask } from './model/task.js';
import { cronTag } from './model/task-record.js';
import { templateOf } from './model/task-timer.js';
import type { TaskTimers } from './ports.js';

export interface NewCronTask extends NewTask {
  /** 5 fields, 6 with seconds first, or a descriptor (`@daily`, `@every 5m`). */
  readonly cron: string;
  /** IANA zone; default UTC. */
  readonly timeZone?: string;
  /** Tasks of this cron task that may be open at a time; 0: no limit of its own. Default 0. */
  readonly concurrency?: number;
  /** A tick that finds no room: dropped (default), or, with a concurrency of 1, kept, one at most, until there is. */
  readonly overlap?: 'skip' | 'queueOne';
}

/** What can be changed of a cron task; the executor and the context are for good. */
export type CronTaskChange = Partial<Pick<NewCronTask, 'cron' | 'timeZone' | 'concurrency' | 'overlap'>>;

/** Open children of a cron task without a limit of its own. */
const openMax = 1_000;
/** Against those who stop all, again and again, meanwhile. */
const startPassesMax = 10;
/** Holds them beside whoever else has paused one: each of both lets go by itself. */
const stopToken = 'schedule-stopped';
/** Of those that a former release stopped, by a pause without a token. */
const formerStopTag = 'schedule-stopped';
const pauseToken = 'cron-task-paused';

/** Cron tasks: timers that make a task a tick, in the tick's own transaction, whoever runs and however many. */
export class CronTasks {
  constructor(
    private readonly timers: TaskTimers,
    private readonly namespace: string,
    private readonly framework: FrameworkSwitch,
  ) {}

  /**
   * Held at once where another cron task is held by `stopSchedule`, whoever called that; a client without `api` cannot tell. False: one of this id is there already and
   * stays as it is. @throws InvalidSpecError: nothing was stored
   */
  async create(task: NewCronTask): Promise<boolean> {
    if (!this.framework.isOn) return false;
    const isMade = await this.#make(task);
    // also one that was there: who was interrupted between the two makes it once more
    if (await this.#isAnotherHeld(task.id)) {
      await this.#hold(task.id);
      // all were started between the two, by one that did not meet this hold
      if (!(await this.#isAnotherHeld(task.id))) await this.#letGo(task.id, { token: stopToken });
    }
    return isMade;
  }

  async #make(task: NewCronTask): Promise<boolean> {
    const { concurrency = 0, overlap = 'skip' } = task;
    try {
      await this.timers.createTimer({
        namespace: this.namespace,
        key: task.id,
        schedPolicyType: 'CRON',
        schedPolicyExpr: task.cron,
        ...(task.timeZone !== undefined && { timeZone: task.timeZone }),
        tags: [cronTag],
        spawn: { timer: templateOf(task), ...roomOf(concurrency, overlap) },
      });
    } catch (error) {
      if (error instanceof TimerExistsError) return false;
      throw taskError(task.id, error);
    }
    return true;
  }

  async get(id: string): Promise<CronTask | undefined> {
    for await (const record of this.timers.getTimers({ namespace: this.namespace, key: id, tags: [cronTag] }))
      return cronTaskOf(record);
    return undefined;
  }

  async list(): Promise<CronTask[]> {
    const found: CronTask[] = [];
    if (!this.framework.isOn) return found;
    for await (const record of this.timers.getTimers({ namespace: this.namespace, tags: [cronTag] }))
      found.push(cronTaskOf(record));
    return found;
  }

  /** The change takes effect at once, without a tick of its own. @throws TimerNotExistError, InvalidSpecError, RangeError */
  async update(id: string, change: CronTaskChange): Promise<CronTask> {
    const { cron, timeZone, concurrency, overlap } = change;
    if (overlap !== undefined && concurrency === undefined)
      throw new RangeError('overlap says what a concurrency of 1 means: give both');
    const set: TimerChangeWire = {
      ...(cron !== undefined && { schedPolicyExpr: cron }),
      ...(timeZone !== undefined && { timeZone }),
      ...(concurrency !== undefined && { spawn: roomOf(concurrency, overlap ?? 'skip') }),
    };
    return cronTaskOf(await this.timers.updateTimer(this.#ref(id), set));
  }

  /** No tick makes a task until it is resumed; those under way go on. */
  async pause(id: string): Promise<void> {
    await this.timers.pauseTimer(this.#ref(id), { token: pauseToken });
  }

  /**
   * Takes back `pause`, or a pause without a token where that alone holds it. It stays paused while somebody else holds it:
   * `stopSchedule` does until `startSchedule`. What was missed in between is made up for by one task. @throws TimerNotPausedError
   */
  async resume(id: string): Promise<void> {
    try {
      await this.timers.resumeTimer(this.#ref(id), { token: pauseToken });
    } catch (error) {
      if (!(error instanceof TimerNotPausedError && (await this.#isHeldPlainly(id)))) throw error;
      await this.timers.resumeTimer(this.#ref(id));
    }
  }

  /** Its tasks stay. False: there was none. */
  delete(id: string): Promise<boolean> {
    return this.timers.deleteTimer(this.#ref(id));
  }

  /**
   * The schedule is the cluster's, not a process's: this lets all cron tasks go that `stopSchedule` held. Safe twice, by several at
   * once, and again after a process that died amid it.
   */
  async startSchedule(): Promise<void> {
    // once more while there was something: what others make meanwhile they hold for as long as they see another one held
    for (let pass = 0; pass < startPassesMax; pass += 1) if ((await this.#letAllGo()) === 0) return;
  }

  /** How many were held. */
  async #letAllGo(): Promise<number> {
    let held = 0;
    for await (const record of this.#all()) {
      if (isHeld(record)) {
        held += 1;
        await this.#letGo(record.key, { token: stopToken });
      }
      if (record.tags.includes(formerStopTag)) await this.#letGoOfFormer(record);
    }
    return held;
  }

  /** Holds every cron task of the namespace, and those that are made while one of them is held. Safe as `startSchedule` is. */
  async stopSchedule(): Promise<void> {
    for await (const record of this.#all()) if (!isHeld(record)) await this.#hold(record.key);
  }

  #all(): AsyncIterable<TimerRecord> {
    return this.timers.getTimers({ namespace: this.namespace, tags: [cronTag] });
  }

  /** What is stored tells whether the schedule is stopped: a process does not hear of what others start and stop. */
  async #isAnotherHeld(id: string): Promise<boolean> {
    for await (const record of this.#paused({})) if (record.key !== id && isHeld(record)) return true;
    return false;
  }

  /** By a pause without a token and nobody else: a resume without one lets go of all. */
  async #isHeldPlainly(id: string): Promise<boolean> {
    for await (const { pausedBy } of this.#paused({ key: id })) return pausedBy === undefined;
    return false;
  }

  /** None for a client that was told of no API: it makes cron tasks, and neither starts nor stops their schedule. */
  async *#paused(of: { readonly key?: string }): AsyncGenerator<TimerRecord> {
    try {
      yield* this.timers.getTimers({ namespace: this.namespace, tags: [cronTag], status: ['paused'], ...of });
    } catch (error) {
      if (!(error instanceof ApiNotConfiguredError)) throw error;
    }
  }

  async #hold(id: string): Promise<void> {
    try {
      await this.timers.pauseTimer(this.#ref(id), { token: stopToken });
    } catch (error) {
      // deleted meanwhile
      if (!(error instanceof TimerNotExistError)) throw error;
    }
  }

  async #letGo(id: string, by: { readonly token?: string }): Promise<void> {
    try {
      await this.timers.resumeTimer(this.#ref(id), by);
    } catch (error) {
      // let go by somebody else, or deleted, meanwhile
      if (!(error instanceof TimerNotPausedError || error instanceof TimerNotExistError)) throw error;
    }
  }

  /** Not while somebody holds it beside: a resume without a token lets go of all. The tag goes last: until then it is tried again. */
  async #letGoOfFormer(record: TimerRecord): Promise<void> {
    if (holdersOf(record).some((token) => token !== stopToken)) return;
    const { key, tags } = record;
    await this.#letGo(key, {});
    try {
      await this.timers.updateTimer(this.#ref(key), { tags: tags.filter((tag) => tag !== formerStopTag) });
    } catch (error) {
      if (!(error instanceof TimerNotExistError)) throw error;
    }
  }

  #ref(id: string) {
    return { namespace: this.namespace, key: id };
  }
}

const holdersOf = ({ pausedBy }: TimerRecord): readonly unknown[] =>
  Array.isArray(pausedBy) ? pausedBy : [];
const isHeld = (record: TimerRecord): boolean => holdersOf(record).includes(stopToken);

const roomOf = (concurrency: number, overlap: 'skip' | 'queueOne') => {
  if (concurrency === 1) return { overlap, openMax: 1 };
  return { overlap: 'allow' as const, openMax: concurrency === 0 ? openMax : concurrency };
};
