import { randomUUID } from 'node:crypto';
import {
  type CommandType,
  type CommandWire,
  type TimerChangeWire,
  type TimerInputWire,
  type TimerRecord,
} from '#contract';
import type { KafkaSettings } from '#kafka';
import { CommandSender } from './command-sender.js';
import { rejectionError } from './errors.js';

export interface TimerClientOptions {
  readonly kafka: KafkaSettings;
  readonly namespace?: string;
  readonly topicPrefix?: string;
  /** How long a call waits for its answer, ms. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Sent again with the same id, a command gets its first outcome again. */
  readonly commandId?: string;
}

/** Of calls that change a timer which is there. */
export interface ChangeOptions extends CallOptions {
  /** Refuse unless the timer is as the caller saw it. */
  readonly check?: { readonly version?: number; readonly eventId?: string; readonly unclaimed?: true };
}

/** Of pauses and resumes. */
export interface HoldOptions {
  /** One of several who hold the timer, 1 to 64 characters. */
  readonly token?: string;
}

export interface NewTimer extends TimerInputWire {
  readonly key: string;
  readonly namespace?: string;
}
export type TimerRef = { readonly key: string; readonly namespace?: string } | { readonly timerId: string };

/** A command of one type without what the client fills in. */
type Body<T extends CommandType> = Omit<
  Extract<CommandWire, { type: T }>,
  'type' | 'id' | 'namespace' | 'key' | 'timerId'
>;

const tokenOf = ({ token }: HoldOptions) => (token === undefined ? {} : { token });

type Ref = { readonly namespace?: string; readonly key?: string; readonly timerId?: string };

const defaultNamespace = 'default';
const defaultTimeoutMs = 10_000;
/** Calls of one batch that wait at the same time. */
const createsAtOnceMax = 1_000;

/** Commands by Kafka, each with its awaited answer. One client serves a whole process. */
export class TimerClient {
  readonly #sender: CommandSender;

  constructor(private readonly options: TimerClientOptions) {
    this.#sender = new CommandSender(options);
  }

  /** Waits for the replies topic, which the scheduler makes. Safe to call twice. */
  connect(): Promise<void> {
    return this.#sender.connect();
  }

  /** Calls that wait are told; safe to call twice, and while connecting. */
  close(): Promise<void> {
    return this.#sender.close();
  }

  getDefaultNamespace(): string {
    return this.options.namespace ?? defaultNamespace;
  }

  /** @throws TimerExistsError, InvalidSpecError */
  createTimer({ key, namespace, ...timer }: NewTimer, options?: CallOptions): Promise<TimerRecord> {
    return this.#call(
      'CreateTimer',
      this.#ref({ key, ...(namespace !== undefined && { namespace }) }),
      { timer },
      options,
    );
  }

  /** Each by itself: outcomes in the order given, an error in the place of what was refused. */
  async createTimers(
    timers: readonly NewTimer[],
    options?: Omit<CallOptions, 'commandId'>,
  ): Promise<PromiseSettledResult<TimerRecord>[]> {
    const outcomes: PromiseSettledResult<TimerRecord>[] = [];
    for (let first = 0; first < timers.length; first += createsAtOnceMax) {
      const some = timers.slice(first, first + createsAtOnceMax);
      outcomes.push(...(await Promise.allSettled(some.map((timer) => this.createTimer(timer, options)))));
    }
    return outcomes;
  }

  updateTimer(ref: TimerRef, set: TimerChangeWire, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('UpdateTimer', this.#ref(ref), { set }, options);
  }

  /** Answers the timer as it was last. */
  deleteTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('DeleteTimer', this.#ref(ref), {}, options);
  }

  /**
   * Answers the request's id, which is the command's own, so that asking again names the same request; `manualRequest`
   * of the timer tells what became of it.
   */
  async manualTriggerEvent(
    ref: TimerRef,
    options: ChangeOptions & { readonly timeout?: string } = {},
  ): Promise<string> {
    const { timeout, commandId: requestId = randomUUID() } = options;
    const body = { requestId, ...(timeout !== undefined && { timeout }) };
    await this.#call('TriggerTimer', this.#ref(ref), body, { ...options, commandId: requestId });
    return requestId;
  }

  /** With a `token`, several may hold a timer: it goes on when the last of them resumes. */
  pauseTimer(ref: TimerRef, options: ChangeOptions & HoldOptions = {}): Promise<TimerRecord> {
    return this.#call('PauseTimer', this.#ref(ref), tokenOf(options), options);
  }

  /** Without a `token` whoever holds the timer lets go. @throws TimerNotPausedError */
  resumeTimer(ref: TimerRef, options: ChangeOptions & HoldOptions = {}): Promise<TimerRecord> {
    return this.#call('ResumeTimer', this.#ref(ref), tokenOf(options), options);
  }

  /** Fires now, whatever the schedule says, also while paused. */
  expireTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('ExpireTimer', this.#ref(ref), {}, options);
  }

  /** Ends the timer and keeps its name; an attempt under way is the last. Safe to repeat. @throws TimerEndedError */
  cancelTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord> {
    return this.#call('CancelTimer', this.#ref(ref), {}, options);
  }

  /** Opens the event that was given up again. @throws NotGivenUpError */
  redriveEvent(
    ref: TimerRef,
    options: ChangeOptions & { readonly eventId?: string } = {},
  ): Promise<TimerRecord> {
    const { eventId } = options;
    return this.#call('RedriveEvent', this.#ref(ref), { ...(eventId !== undefined && { eventId }) }, options);
  }

  /** One worker wins an attempt. @throws AlreadyClaimedError, StaleAttemptError, NoOpenEventError */
  claimEvent(ref: TimerRef, claim: Body<'ClaimEvent'>, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('ClaimEvent', this.#ref(ref), claim, options);
  }

  /** @throws EventIdNotMatchError, StaleAttemptError: the event is not the caller's any more */
  closeTimerEvent(ref: TimerRef, close: Body<'CloseEvent'>, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('CloseEvent', this.#ref(ref), close, options);
  }

  retryEvent(ref: TimerRef, retry: Body<'RetryEvent'>, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('RetryEvent', this.#ref(ref), retry, options);
  }

  heartbeatEvent(ref: TimerRef, beat: Body<'HeartbeatEvent'>, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('HeartbeatEvent', this.#ref(ref), beat, options);
  }

  answerPreSchedule(
    ref: TimerRef,
    answer: Body<'AnswerPreSchedule'>,
    options?: CallOptions,
  ): Promise<TimerRecord> {
    return this.#call('AnswerPreSchedule', this.#ref(ref), answer, options);
  }

  /**
   * Hands a command over without waiting for its outcome: resolves when Kafka has it. A refusal is on the rejected topic.
   * @throws CommandTooLargeError
   */
  send(command: CommandWire): Promise<void> {
    return this.#sender.send(command);
  }

  #ref(ref: TimerRef): Ref {
    return 'timerId' in ref
      ? { timerId: ref.timerId }
      : { namespace: ref.namespace ?? this.getDefaultNamespace(), key: ref.key };
  }

  async #call<T extends CommandType>(
    type: T,
    ref: Ref,
    body: Body<T>,
    options: ChangeOptions = {},
  ): Promise<TimerRecord> {
    const { timeoutMs = this.options.timeoutMs ?? defaultTimeoutMs, signal, check } = options;
    const { commandId = randomUUID() } = options;
    signal?.throwIfAborted();
    const checked = check === undefined ? {} : { check };
    // the compiler cannot see that these parts make one of the union
    const command = { type, id: commandId, ...ref, ...body, ...checked } as unknown as CommandWire;
    const reply = await this.#sender.ask(command, { timeoutMs, ...(signal !== undefined && { signal }) });
    if (reply.ok) return reply.timer;
    throw rejectionError(reply);
  }
}
