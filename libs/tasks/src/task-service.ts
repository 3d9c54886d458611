import { type CallOptions, TimerExistsError } from '#client';
import type { TimerConditionWire } from '#contract';
import { CronTasks, type NewCronTask } from './cron-tasks.js';
import { InvalidTaskError, NotReadyError, taskError } from './errors.js';
import { type FrameworkSwitch, taskFramework } from './framework-switch.js';
import type { NewTask, Task, TaskProgress, TaskResult } from './model/task.js';
import { defaultTaskNamespace, hookClassOf, isTask, taskOf } from './model/task-record.js';
import { progressText, resultText, timerOf } from './model/task-timer.js';
import type { ClaimPost, TaskTimers } from './ports.js';
import {
  type FieldCondition,
  matches,
  type QueryPart,
  type TaskQuery,
  taskQuery,
} from './query/condition.js';

export interface TaskServiceOptions {
  /** Where tasks live; default `tasks`. */
  readonly namespace?: string;
  readonly framework?: FrameworkSwitch;
  /** Tells runners of tasks that `allocate` gives them; without it they must find out by themselves. */
  readonly claims?: ClaimPost;
}

/** What `allocate`, `heartbeat` and `complete` need of a task. */
export type HeldTask = Pick<Task, 'id' | 'eventId' | 'attempt'>;
type Deadline = Pick<CallOptions, 'signal' | 'timeoutMs'>;

const pageSize = 500;

/** Makes tasks, asks for them, and speaks for those who run them. Safe to share; holds nothing of its own. */
export class TaskService {
  readonly namespace: string;
  readonly cron: CronTasks;
  readonly #framework: FrameworkSwitch;

  constructor(
    private readonly timers: TaskTimers,
    private readonly options: TaskServiceOptions = {},
  ) {
    this.namespace = options.namespace ?? defaultTaskNamespace;
    this.#framework = options.framework ?? taskFramework;
    this.cron = new CronTasks(timers, this.namespace, this.#framework);
  }

  /**
   * False: a task of this id is there already, running or completed; it stays as it is, whatever else was given.
   * @throws NotReadyError when nobody answers until the deadline, InvalidSpecError
   */
  async create(task: NewTask, options?: Deadline): Promise<boolean> {
    options?.signal?.throwIfAborted();
    if (!this.#framework.isOn) return false;
    try {
      await this.timers.createTimer(timerOf(task, this.namespace), options);
      return true;
    } catch (error) {
      if (error instanceof TimerExistsError) return false;
      throw taskError(task.id, error);
    }
  }

  /** How many were made: those whose id is taken are left out, and of an id that comes twice the first is taken. */
  async createBatch(tasks: readonly NewTask[], options?: Deadline): Promise<number> {
    options?.signal?.throwIfAborted();
    if (!this.#framework.isOn || tasks.length === 0) return 0;
    const first = [...new Map([...tasks].reverse().map((task) => [task.id, task])).values()].reverse();
    const outcomes = await this.timers.createTimers(
      first.map((task) => timerOf(task, this.namespace)),
      options,
    );
    const failed = outcomes.find(
      (outcome) => outcome.status === 'rejected' && !(outcome.reason instanceof TimerExistsError),
    );
    if (failed?.status === 'rejected') throw taskError('of a batch', failed.reason);
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  }

  /** Undefined: there is none of this id, or not any more. */
  async get(id: string): Promise<Task | undefined> {
    const [task] = await this.query({ field: 'id', operator: 'EQ', value: id });
    return task;
  }

  /** All conditions must hold; by rising task id unless asked for otherwise. */
  async query(...parts: readonly QueryPart[]): Promise<Task[]> {
    if (!this.#framework.isOn) return [];
    const query = taskQuery(parts);
    const found: Task[] = [];
    for await (const record of this.timers.getTimers(pushedDown(query, this.namespace), {
      limit: pageSize,
      // left to itself it takes the order that costs least
      order: 'id',
    })) {
      if (!isTask(record)) continue;
      const task = taskOf(record);
      if (!matches(task, query.conditions)) continue;
      found.push(task);
      if (found.length < query.limit) continue;
      if (!query.isDescending) break;
      // the newest are wanted: of what was seen, only the last ones can be among them
      if (found.length > 2 * query.limit) found.splice(0, found.length - query.limit);
    }
    if (!query.isDescending) return found;
    return found.reverse().slice(0, Math.min(found.length, query.limit));
  }

  /** Gives the task to a runner, also if another one has it: then it is the next epoch. @throws InvalidTaskError */
  async allocate(task: HeldTask, runner: string, options?: Deadline): Promise<Task> {
    const { eventId, attempt } = this.#held(task);
    const claim = { eventId, attempt, worker: runner, takeOver: true };
    const given = await this.#answered(task.id, this.timers.claimEvent(this.#ref(task.id), claim, options));
    await this.options.claims?.post({
      runner,
      namespace: this.namespace,
      key: task.id,
      eventId,
      attempt: given.attempt,
    });
    return given;
  }

  /** @throws InvalidTaskError: the runner must stop now */
  async heartbeat(
    task: HeldTask,
    runner: string,
    progress?: TaskProgress,
    options?: Deadline,
  ): Promise<Task> {
    const beat = {
      ...this.#held(task),
      worker: runner,
      ...(progress !== undefined && { progress: progressText(progress) }),
    };
    return this.#answered(task.id, this.timers.heartbeatEvent(this.#ref(task.id), beat, options));
  }

  /** The task has its result, good or bad. @throws InvalidTaskError: it is not this runner's, or was completed before */
  async complete(task: HeldTask, runner: string, result: TaskResult, options?: Deadline): Promise<Task> {
    const close = { ...this.#held(task), worker: runner, result: resultText(result) };
    return this.#answered(task.id, this.timers.closeTimerEvent(this.#ref(task.id), close, options));
  }

  /**
   * No run follows: a task that waits is canceled at once, one that runs may still be completed. Its id stays taken for the
   * retention. @throws InvalidTaskError: it has ended, or there is none
   */
  cancel(id: string, options?: Deadline): Promise<Task> {
    return this.#answered(id, this.timers.cancelTimer(this.#ref(id), options));
  }

  /** False: one of this id is there already and stays as it is. @throws InvalidSpecError: nothing was stored */
  createCronTask(task: NewCronTask): Promise<boolean> {
    return this.cron.create(task);
  }
  /** Lets the cron tasks of the namespace go that `stopScheduleCronTask` held: the schedule is the cluster's. Safe twice. */
  startScheduleCronTask(): Promise<void> {
    return this.cron.startSchedule();
  }
  /** Holds the cron tasks of the namespace. Safe twice. */
  stopScheduleCronTask(): Promise<void> {
    return this.cron.stopSchedule();
  }

  /** False: there was none. One that runs is told at its next heartbeat. Its id is free again. */
  async delete(id: string, options?: Deadline): Promise<boolean> {
    if (!this.#framework.isOn) return false;
    return this.timers.deleteTimer(this.#ref(id), options);
  }

  /** How many were deleted. @throws RangeError without a condition: that would be all */
  async deleteWhere(...conditions: readonly FieldCondition[]): Promise<number> {
    if (conditions.length === 0)
      throw new RangeError('deleteWhere without a condition would delete every task');
    let deleted = 0;
    for (const { id } of await this.query(...conditions)) if (await this.delete(id)) deleted += 1;
    return deleted;
  }

  #ref(id: string) {
    return { namespace: this.namespace, key: id };
  }

  #held({ id, eventId, attempt }: HeldTask): { eventId: string; attempt: number } {
    if (!this.#framework.isOn) throw new NotReadyError('the task framework is switched off: turn it on');
    if (eventId === undefined) throw new InvalidTaskError(id, 'it is completed, or its time has not come');
    return { eventId, attempt };
  }

  async #answered(id: string, answer: Promise<Parameters<typeof taskOf>[0]>): Promise<Task> {
    try {
      return taskOf(await answer);
    } catch (error) {
      throw taskError(id, error);
    }
  }
}

/** What the database can decide; the rest is decided here, page by page. */
function pushedDown({ conditions }: TaskQuery, namespace: string): TimerConditionWire {
  const equal = (field: FieldCondition['field']): string | undefined => {
    const condition = conditions.get(field);
    return condition?.operator === 'EQ' ? String(condition.value) : undefined;
  };
  const [taskId, id, executor, status] = [equal('taskId'), equal('id'), equal('executor'), equal('status')];
  return {
    namespace,
    ...(taskId !== undefined && { id: taskId }),
    ...(id !== undefined && { key: id }),
    ...(executor !== undefined && { hookClass: hookClassOf(executor) }),
    ...(status === 'completed' && { status: ['ended'] }),
    ...(status === 'running' && { status: ['open'] }),
  };
}
