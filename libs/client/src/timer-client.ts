import { randomUUID } from 'node:crypto';
import {
  type CommandType,
  type CommandWire,
  parseReply,
  type Reply,
  type TimerChangeWire,
  type TimerInputWire,
  type TimerRecord,
  topicsOf,
} from '#contract';
import {
  BatchConsumer,
  BatchProducer,
  correlationOf,
  type InRecord,
  type KafkaSettings,
  partitionKey,
  replyHeaders,
} from '#kafka';
import { CommandTimeoutError, rejectionError } from './errors.js';

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

interface Waiting {
  readonly resolve: (reply: Reply) => void;
}

const defaultNamespace = 'default';
const resendsPerCall = 3;

/** Commands by Kafka, each with its awaited answer. One client serves a whole process. */
export class TimerClient {
  readonly #producer: BatchProducer;
  readonly #replies: BatchConsumer;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #waiting = new Map<string, Waiting>();
  #replyPartition = 0;

  constructor(private readonly options: TimerClientOptions) {
    const { kafka, topicPrefix } = options;
    this.#topics = topicsOf(topicPrefix);
    this.#producer = new BatchProducer(kafka);
    this.#replies = new BatchConsumer(kafka, {
      // a group of its own: every client reads the answers to its own commands
      groupId: `carillon-client-${randomUUID()}`,
      topics: [this.#topics.replies],
      startFrom: async (partitions) => new Map(partitions.map((at) => [partitionKey(at), 'latest' as const])),
      onAssigned: (partitions) => this.#choosePartition(partitions.map(({ partition }) => partition)),
      onRecords: (_topic, _partition, records) => this.#onReplies(records),
    });
  }

  async connect(): Promise<void> {
    await this.#producer.start();
    const positioned = new Promise<void>((resolve) => {
      this.#onPositioned = resolve;
    });
    await this.#replies.start();
    await positioned;
  }

  async close(): Promise<void> {
    await this.#replies.stop();
    await this.#producer.stop();
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
  createTimers(
    timers: readonly NewTimer[],
    options?: Omit<CallOptions, 'commandId'>,
  ): Promise<PromiseSettledResult<TimerRecord>[]> {
    return Promise.allSettled(timers.map((timer) => this.createTimer(timer, options)));
  }

  updateTimer(
    ref: TimerRef,
    set: TimerChangeWire,
    options?: CallOptions & { readonly check?: Body<'UpdateTimer'>['check'] },
  ): Promise<TimerRecord> {
    return this.#call(
      'UpdateTimer',
      this.#ref(ref),
      { set, ...(options?.check !== undefined && { check: options.check }) },
      options,
    );
  }

  /** Answers the timer as it was last. */
  deleteTimer(ref: TimerRef, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('DeleteTimer', this.#ref(ref), {}, options);
  }

  /** Answers the request's id; `manualRequest` of the timer tells what became of it. */
  async manualTriggerEvent(
    ref: TimerRef,
    options?: CallOptions & { readonly timeout?: string },
  ): Promise<string> {
    const requestId = randomUUID();
    await this.#call(
      'TriggerTimer',
      this.#ref(ref),
      { requestId, ...(options?.timeout !== undefined && { timeout: options.timeout }) },
      options,
    );
    return requestId;
  }

  pauseTimer(ref: TimerRef, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('PauseTimer', this.#ref(ref), {}, options);
  }

  resumeTimer(ref: TimerRef, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('ResumeTimer', this.#ref(ref), {}, options);
  }

  /** Fires now, whatever the schedule says, also while paused. */
  expireTimer(ref: TimerRef, options?: CallOptions): Promise<TimerRecord> {
    return this.#call('ExpireTimer', this.#ref(ref), {}, options);
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

  /** Hands a command over without waiting for its outcome: resolves when Kafka has it. A refusal is on the rejected topic. */
  send(command: CommandWire): Promise<void> {
    return this.#produce(command, {});
  }

  #onPositioned: () => void = () => undefined;

  #choosePartition(partitions: readonly number[]): void {
    const own = partitions[Math.floor(Math.random() * partitions.length)];
    if (own === undefined) return;
    // a new choice while calls wait would miss their answers
    if (!partitions.includes(this.#replyPartition) || this.#waiting.size === 0) this.#replyPartition = own;
    this.#replies.pause(
      this.#topics.replies,
      partitions.filter((partition) => partition !== this.#replyPartition),
    );
    this.#onPositioned();
  }

  #ref(ref: TimerRef): { namespace?: string; key?: string; timerId?: string } {
    return 'timerId' in ref
      ? { timerId: ref.timerId }
      : { namespace: ref.namespace ?? this.getDefaultNamespace(), key: ref.key };
  }

  async #call<T extends CommandType>(
    type: T,
    ref: { namespace?: string; key?: string; timerId?: string },
    body: Body<T>,
    options: CallOptions = {},
  ): Promise<TimerRecord> {
    const { timeoutMs = this.options.timeoutMs ?? 10_000, signal, commandId = randomUUID() } = options;
    signal?.throwIfAborted();
    const command = { type, id: commandId, ...ref, ...body } as unknown as CommandWire;
    const reply = await this.#request(command, timeoutMs, signal);
    if (reply.ok) return reply.timer;
    throw rejectionError(reply);
  }

  /** Asks again with the same id while no answer comes: the scheduler applies it once and gives the first answer. */
  #request(command: CommandWire, timeoutMs: number, signal: AbortSignal | undefined): Promise<Reply> {
    const correlationId = randomUUID();
    const headers = replyHeaders(this.#topics.replies, this.#replyPartition, correlationId);
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const finish = (settle: () => void): void => {
        clearInterval(again);
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(correlationId);
        settle();
      };
      const onAbort = (): void => finish(() => reject(signal?.reason));
      const again = setInterval(
        () => {
          if (performance.now() - startedAt >= timeoutMs * 0.99)
            finish(() => reject(new CommandTimeoutError(command.id, timeoutMs)));
          else this.#produce(command, headers).catch(() => undefined);
        },
        Math.ceil(timeoutMs / (resendsPerCall + 1)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(correlationId, { resolve: (reply) => finish(() => resolve(reply)) });
      this.#produce(command, headers).catch((error: unknown) => finish(() => reject(error)));
    });
  }

  #produce(command: CommandWire, headers: Readonly<Record<string, string>>): Promise<void> {
    const { namespace, key } = command;
    const recordKey =
      namespace !== undefined && key !== undefined ? `${namespace}/${key}` : (command.timerId ?? null);
    return this.#producer.send([
      { topic: this.#topics.commands, key: recordKey, value: JSON.stringify(command), headers },
    ]);
  }

  #onReplies(records: readonly InRecord[]): void {
    for (const record of records) {
      const waiting = this.#waiting.get(correlationOf(record) ?? '');
      if (waiting !== undefined) waiting.resolve(parseReply(record.value?.toString('utf8') ?? 'null'));
    }
  }
}
