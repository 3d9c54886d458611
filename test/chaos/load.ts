import { randomUUID } from 'node:crypto';
import { setInterval } from 'node:timers/promises';
import { type CommandWire, topicsOf } from '#contract';
import { BatchProducer, type KafkaSettings } from '#kafka';
import { eventually } from '../harness/wait.js';

const everyMs = 100;
/** Longer than any fault lasts. */
const sentWithinMs = 120_000;

export interface LoadOptions {
  /** Timers that fire each second; default 30. */
  readonly gridTimers?: number;
  /** Between the first ticks of two of them; default 0: all in the same moment. */
  readonly gridStepMs?: number;
  /** When a one-shot is due; default: in 0.2 to 5.2 s, by the scheduler's clock. */
  readonly dueAt?: () => string;
}
const someSecondsAhead = (): string => `${200 + Math.floor(Math.random() * 5_000)}ms`;

/** One-shots by the dozen, and timers on a grid; what Kafka did not acknowledge is sent again with the same id. */
export class Load {
  readonly #producer: BatchProducer;
  readonly #stop = new AbortController();
  readonly #unacknowledged = new Set<Promise<void>>();
  #running: Promise<void> | null = null;
  created = 0;

  constructor(
    kafka: KafkaSettings,
    private readonly prefix: string,
    private readonly createsPerSecond: number,
    private readonly options: LoadOptions = {},
  ) {
    this.#producer = new BatchProducer(kafka);
  }

  start(): void {
    const { gridStepMs = 0 } = this.options;
    const firstAt = Date.now() + 1_000;
    for (let n = 0; n < this.#gridTimers; n += 1)
      this.#create(`grid-${n}`, {
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '1s',
        startAt: new Date(firstAt + n * gridStepMs).toISOString(),
        missed: { policy: 'latest' },
      });
    this.#running = this.#run();
  }

  /** Resolves when everything that was begun is acknowledged, and the timers on the grid rest. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    for (let n = 0; n < this.#gridTimers; n += 1)
      this.#send({
        type: 'UpdateTimer',
        id: randomUUID(),
        namespace: 'default',
        key: `grid-${n}`,
        set: { enable: false },
      });
    while (this.#unacknowledged.size > 0) await Promise.all(this.#unacknowledged);
    await this.#producer.stop();
  }

  get #gridTimers(): number {
    return this.options.gridTimers ?? 30;
  }

  /** So many a second by the clock, however late a tick comes: a machine that is slow gets no easier load. */
  async #run(): Promise<void> {
    const beganAt = performance.now();
    const { signal } = this.#stop;
    const ticks = setInterval(everyMs, null, { signal });
    try {
      for await (const _ of ticks) {
        const wanted = ((performance.now() - beganAt) / 1_000) * this.createsPerSecond;
        while (this.created < wanted) this.#createOnce();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #createOnce(): void {
    this.#create(`once-${this.created}`, {
      schedPolicyType: 'ONCE',
      schedPolicyExpr: (this.options.dueAt ?? someSecondsAhead)(),
    });
    this.created += 1;
  }

  #create(key: string, timer: Extract<CommandWire, { type: 'CreateTimer' }>['timer']): void {
    this.#send({
      type: 'CreateTimer',
      id: randomUUID(),
      namespace: 'default',
      key,
      timer: { hookClass: 'h', ackTimeout: '3s', retry: { maxAttempts: 0, max: '2s' }, ...timer },
    });
  }

  #send(command: CommandWire): void {
    const sending = this.#untilSent(command).finally(() => this.#unacknowledged.delete(sending));
    this.#unacknowledged.add(sending);
  }

  /** The broker may be away, or have the record and be unable to say so. */
  async #untilSent(command: CommandWire): Promise<void> {
    const record = {
      topic: topicsOf(this.prefix).commands,
      key: `${command.namespace}/${command.key}`,
      value: JSON.stringify(command),
    };
    await eventually(
      `the broker has ${record.key}`,
      () =>
        this.#producer.send([record]).then(
          () => true,
          () => false,
        ),
      sentWithinMs,
    );
  }
}
