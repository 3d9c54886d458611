import { randomUUID } from 'node:crypto';
import { pMapSettled } from 'p-map';
import {
  type AppliedTimer,
  type CommandType,
  isWholeTimer,
  type LeaseRecord,
  type TimerChangeWire,
  type TimerConditionWire,
  type TimerRecord,
} from '#contract';
import { type Body, commandOf, type TimerRef } from './command-of.js';
import { createWindow } from './create-window.js';
import {
  ApiNotConfiguredError,
  OutcomeNotToldError,
  rejectionError,
  TimerNotExistError,
  VersionNotMatchError,
} from './errors.js';
import type { TimerPorts } from './ports.js';
import type {
  CallOptions,
  ChangeOptions,
  CountOptions,
  HistoryOptions,
  HoldOptions,
  ListOptions,
  NewTimer,
  NextOptions,
  PageOptions,
  PastOptions,
  PreviewQuery,
  ReadOptions,
  RecallOptions,
  Timers,
  TriggerOptions,
  WatchOptions,
  WhyOptions,
} from './timers.js';

const triggerTriesMax = 5;
const triggerPauseMs = 1_000;

const recallOf = ({ recall }: RecallOptions) => (recall === undefined ? {} : { recall });
const tokenOf = ({ token }: HoldOptions) => (token === undefined ? {} : { token });

/** @throws if the answer is of a time whose history is gone */
function leaseOf({ lease }: TimerRecord): LeaseRecord {
  if (lease === undefined) throw new Error('the answer tells of no lease');
  return lease;
}

/** What calls mean, wherever commands go and timers are read. */
export class TimerCalls implements Timers {
  constructor(private readonly ports: TimerPorts) {}

  getDefaultNamespace(): string {
    return this.ports.namespace;
  }

  createTimer({ key, namespace, ...timer }: NewTimer, options?: CallOptions): Promise<TimerRecord> {
    return this.#call(
      'CreateTimer',
      { key, ...(namespace !== undefined && { namespace }) },
      { timer },
      options,
    );
  }

  createTimers(
    timers: readonly NewTimer[],
    options?: Omit<CallOptions, 'commandId'>,
  ): Promise<PromiseSettledResult<TimerRecord>[]> {
    const create = (timer: NewTimer): Promise<TimerRecord> => this.createTimer(timer, options);
    // the next one begins when one ends; the signal ends each call by itself, so that every outcome is told
    return pMapSettled(timers, create, { concurrency: createWindow(timers) });
  }

  updateTimer(ref: TimerRef, set: TimerChangeWire, options: RecallOptions = {}): Promise<TimerRecord> {
    return this.#call('UpdateTimer', ref, { set, ...recallOf(options) }, options);
  }

  async deleteTimer(ref: TimerRef, options?: ChangeOptions): Promise<boolean> {
    try {
      await this.#apply('DeleteTimer', ref, {}, options);
      return true;
    } catch (error) {
      if (error instanceof TimerNotExistError) return false;
      throw error;
    }
  }

  async manualTriggerEvent(ref: TimerRef, options: TriggerOptions = {}): Promise<string> {
    const { timeout, commandId: requestId = randomUUID(), check, ...call } = options;
    const body = { requestId, ...(timeout !== undefined && { timeout }) };
    let seen = check;
    // another try is another command: the first one's outcome is known for good
    let commandId = requestId;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#apply('TriggerTimer', ref, body, { ...call, commandId, ...(seen && { check: seen }) });
        return requestId;
      } catch (error) {
        if (!(error instanceof VersionNotMatchError) || tries === triggerTriesMax) throw error;
        await this.ports.sleep(triggerPauseMs * tries, call.signal);
        seen = { ...check, version: await this.#versionOf(ref, call, error) };
        commandId = randomUUID();
      }
    }
  }

  pauseTimer(ref: TimerRef, options: HoldOptions & RecallOptions = {}): Promise<TimerRecord> {
    const body = { ...tokenOf(options), ...recallOf(options) };
    return this.#call('PauseTimer', ref, body, options);
  }

  resumeTimer(ref: TimerRef, options: HoldOptions = {}): Promise<TimerRecord> {
    return this.#call('ResumeTimer', ref, tokenOf(options), options);
  }

  cancelTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('CancelTimer', ref, {}, options);
  }

  redriveEvent(
    ref: TimerRef,
    options: ChangeOptions & { readonly eventId?: string } = {},
  ): Promise<TimerRecord> {
    const { eventId } = options;
    return this.#call('RedriveEvent', ref, { ...(eventId !== undefined && { eventId }) }, options);
  }

  expireTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('ExpireTimer', ref, {}, options);
  }

  closeTimerEvent(ref: TimerRef, close: Body<'CloseEvent'>, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('CloseEvent', ref, close, options);
  }

  retryEvent(ref: TimerRef, retry: Body<'RetryEvent'>, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('RetryEvent', ref, retry, options);
  }

  heartbeatEvent(ref: TimerRef, beat: Body<'HeartbeatEvent'>, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('HeartbeatEvent', ref, beat, options);
  }

  claimEvent(ref: TimerRef, claim: Body<'ClaimEvent'>, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('ClaimEvent', ref, claim, options);
  }

  answerPreSchedule(
    ref: TimerRef,
    answer: Body<'AnswerPreSchedule'>,
    options?: ChangeOptions,
  ): Promise<TimerRecord> {
    return this.#call('AnswerPreSchedule', ref, answer, options);
  }

  async acquireLease(
    ref: TimerRef,
    lease: Body<'AcquireLease'>,
    options?: ChangeOptions,
  ): Promise<LeaseRecord> {
    return leaseOf(await this.#call('AcquireLease', ref, lease, options));
  }

  async renewLease(ref: TimerRef, lease: Body<'RenewLease'>, options?: ChangeOptions): Promise<LeaseRecord> {
    return leaseOf(await this.#call('RenewLease', ref, lease, options));
  }

  async releaseLease(ref: TimerRef, lease: Body<'ReleaseLease'>, options?: ChangeOptions): Promise<void> {
    await this.#apply('ReleaseLease', ref, lease, options);
  }

  getTimerById(timerId: string, options: PastOptions = {}): Promise<TimerRecord> {
    return this.ports.reads.timer({ timerId }, options);
  }

  getTimerByKey(
    key: string,
    { namespace, ...options }: PastOptions & { readonly namespace?: string } = {},
  ): Promise<TimerRecord> {
    return this.ports.reads.timer({ namespace: namespace ?? this.ports.namespace, key }, options);
  }

  async *getTimers(
    condition: TimerConditionWire = {},
    options: ListOptions = {},
  ): AsyncGenerator<TimerRecord> {
    let after: string | undefined;
    do {
      const page = await this.ports.reads.page(condition, {
        ...options,
        ...(after !== undefined && { after }),
      });
      yield* page.timers;
      after = page.next;
    } while (after !== undefined);
  }

  getTimerPage(condition: TimerConditionWire = {}, options: PageOptions = {}) {
    return this.ports.reads.page(condition, options);
  }

  count(condition: TimerConditionWire = {}, options: CountOptions = {}) {
    return this.ports.reads.count(condition, options);
  }

  async *history(ref: TimerRef, options: HistoryOptions = {}) {
    const named = this.#named(ref);
    let after = options.after;
    do {
      const page = await this.ports.reads.events(named, {
        ...options,
        ...(after !== undefined && { after }),
      });
      yield* page.events;
      after = page.next;
    } while (after !== undefined);
  }

  nextFires(ref: TimerRef, options: NextOptions = {}) {
    return this.ports.reads.nextFires(this.#named(ref), options);
  }

  why(ref: TimerRef, options: WhyOptions = {}) {
    return this.ports.reads.why(this.#named(ref), options);
  }

  preview(request: PreviewQuery, options: ReadOptions = {}) {
    return this.ports.reads.preview(request, options);
  }

  watch(condition: TimerConditionWire = {}, options: WatchOptions = {}) {
    return this.ports.reads.watch(condition, options);
  }

  /** With the namespace of this client where none is given. */
  #named(ref: TimerRef): TimerRef {
    if ('timerId' in ref) return ref;
    return { namespace: ref.namespace ?? this.ports.namespace, key: ref.key };
  }

  /** @throws the conflict itself where timers cannot be read */
  async #versionOf(ref: TimerRef, options: ReadOptions, conflict: VersionNotMatchError): Promise<number> {
    try {
      return (await this.ports.reads.timer(this.#named(ref), options)).version;
    } catch (error) {
      throw error instanceof ApiNotConfiguredError ? conflict : error;
    }
  }

  /** @throws OutcomeNotToldError */
  async #call<T extends CommandType>(
    type: T,
    ref: TimerRef,
    body: Body<T>,
    options: ChangeOptions = {},
  ): Promise<TimerRecord> {
    const timer = await this.#apply(type, ref, body, options);
    return isWholeTimer(timer) ? timer : this.#asOfThen(timer, options);
  }

  async #asOfThen({ id, version }: AppliedTimer, { signal }: ChangeOptions): Promise<TimerRecord> {
    try {
      return await this.ports.reads.timer(
        { timerId: id },
        { version, ...(signal !== undefined && { signal }) },
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw new OutcomeNotToldError(id, version, error);
    }
  }

  async #apply<T extends CommandType>(
    type: T,
    ref: TimerRef,
    body: Body<T>,
    options: ChangeOptions = {},
  ): Promise<AppliedTimer> {
    const { timeoutMs = this.ports.timeoutMs, commandId: id = randomUUID(), signal, actor, check } = options;
    signal?.throwIfAborted();
    const command = commandOf({ type, id, ref, body, check }, this.ports.namespace);
    const reply = await this.ports.commands.ask(command, {
      timeoutMs,
      ...(signal !== undefined && { signal }),
      ...(actor !== undefined && { actor }),
    });
    if (reply.ok) return reply.timer;
    throw rejectionError(reply);
  }
}
