import { setTimeout as after } from 'node:timers/promises';
import { type CommandWire, type DataCipher, sealFields, topicsOf } from '#contract';
import { type KafkaSettings, ringAfter } from '#kafka';
import { defaultNamespace } from './command-of.js';
import { CommandSender } from './command-sender.js';
import { encryptedPorts } from './encrypted-ports.js';
import { ConnectTimeoutError } from './errors.js';
import { ApiConnection, type ApiOptions } from './http/api-connection.js';
import { HttpReads, noReads } from './http/http-reads.js';
import type { TimerPorts } from './ports.js';
import { TimerCalls } from './timer-calls.js';
import type { ReadOptions } from './timers.js';

export interface TimerClientOptions {
  readonly kafka: KafkaSettings;
  /** Where timers are read; without it only commands can be sent. */
  readonly api?: ApiOptions;
  /** Of timers that are named without one; default `default`. */
  readonly namespace?: string;
  readonly topicPrefix?: string;
  /** How long a command waits for its outcome, ms; default 10,000. */
  readonly timeoutMs?: number;
  /** Seals `data`, `summaryData` and `eventData` before they leave, and opens them when they come back. */
  readonly cipher?: DataCipher;
}

const defaultTimeoutMs = 10_000;

/** Commands by Kafka, each with its awaited outcome; queries by HTTP. One client serves a whole process. */
export class TimerClient extends TimerCalls {
  readonly #sender: CommandSender;
  readonly #cipher: DataCipher | undefined;
  readonly #repliesTopic: string;

  constructor({ kafka, api, topicPrefix, namespace, timeoutMs, cipher }: TimerClientOptions) {
    const sender = new CommandSender({ kafka, ...(topicPrefix !== undefined && { topicPrefix }) });
    const ports: TimerPorts = {
      commands: sender,
      reads: api === undefined ? noReads : new HttpReads(new ApiConnection(api)),
      namespace: namespace ?? defaultNamespace,
      timeoutMs: timeoutMs ?? defaultTimeoutMs,
      sleep: async (ms, signal) => {
        await after(ms, null, signal === undefined ? {} : { signal }).catch((error: unknown) => {
          signal?.throwIfAborted();
          throw error;
        });
      },
    };
    super(cipher === undefined ? ports : encryptedPorts(ports, cipher));
    this.#sender = sender;
    this.#cipher = cipher;
    this.#repliesTopic = topicsOf(topicPrefix).replies;
  }

  /**
   * Waits for the replies topic, which the scheduler makes; for as long as it takes, unless told otherwise. Safe to call twice, and
   * again after it gave up. Queries need no connection.
   * @throws ConnectTimeoutError, the signal's reason
   */
  async connect({ timeoutMs, signal }: ReadOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const cancelDeadline =
        timeoutMs === undefined
          ? undefined
          : ringAfter(timeoutMs, () => reject(new ConnectTimeoutError(timeoutMs, this.#repliesTopic)));
      this.#sender
        .connect()
        .then(resolve, reject)
        .finally(() => {
          cancelDeadline?.();
          signal?.removeEventListener('abort', onAbort);
        });
    });
  }

  /** Calls that wait are told; safe to call twice, and while connecting. */
  close(): Promise<void> {
    return this.#sender.close();
  }

  /**
   * Hands a command over without waiting for its outcome: resolves when Kafka has it. A refusal is on the rejected topic.
   * @throws ClientOverloadedError, CommandTooLargeError
   */
  async send(command: CommandWire): Promise<void> {
    const sealed = this.#cipher === undefined ? command : await sealFields(command, this.#cipher);
    return this.#sender.send(sealed);
  }
}
