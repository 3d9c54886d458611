import { randomUUID } from 'node:crypto';
import { type CommandWire, commandBytesMax, commandRecord, type Reply, topicsOf } from '#contract';
import { BatchProducer, type KafkaSettings, replyHeaders } from '#kafka';
import { CommandTooLargeError } from './errors.js';
import { ReplyInbox } from './reply-inbox.js';
import { awaitReply } from './request.js';

export interface CommandSenderOptions {
  readonly kafka: KafkaSettings;
  readonly topicPrefix?: string;
}

export interface AskOptions {
  /** How long to wait for the outcome, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Who asks; kept with the event that it causes. */
  readonly actor?: string;
  /** Kafka has the command; the outcome is still to come. */
  readonly onSent?: () => void;
}

/** The way of commands into Kafka, and of their outcomes back. */
export class CommandSender {
  readonly #producer: BatchProducer;
  readonly #inbox: ReplyInbox;
  readonly #topics: ReturnType<typeof topicsOf>;
  #isClosed = false;

  constructor({ kafka, topicPrefix }: CommandSenderOptions) {
    this.#topics = topicsOf(topicPrefix);
    this.#producer = new BatchProducer(kafka);
    this.#inbox = new ReplyInbox(kafka, this.#topics.replies);
  }

  /** Waits for the replies topic, which the scheduler makes. Safe to call twice. */
  async connect(): Promise<void> {
    await this.#inbox.open();
    await this.#producer.start();
    // closed meanwhile: what was just opened must not stay
    if (this.#isClosed) await this.#producer.stop();
  }

  /** Calls that wait are told; safe to call twice, and while connecting. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#inbox.close();
    await this.#producer.stop();
  }

  /**
   * Sends a command and waits for its outcome, refusals included.
   * @throws CommandTimeoutError, ClientNotConnectedError, CommandTooLargeError, the signal's reason
   */
  ask(command: CommandWire, { timeoutMs, signal, actor, onSent }: AskOptions): Promise<Reply> {
    const correlationId = randomUUID();
    const headers = {
      ...replyHeaders(this.#topics.replies, this.#inbox.partition, correlationId),
      ...actorHeader(actor),
    };
    const record = this.#record(command);
    const send = (): Promise<void> => this.#producer.send([{ ...record, headers }]).then(onSent);
    return awaitReply(this.#inbox, { commandId: command.id, correlationId, timeoutMs, signal, send });
  }

  /**
   * Hands a command over without waiting for its outcome: resolves when Kafka has it. A refusal is on the rejected topic.
   * @throws CommandTooLargeError
   */
  async send(command: CommandWire, actor?: string): Promise<void> {
    await this.#producer.send([{ ...this.#record(command), headers: actorHeader(actor) }]);
  }

  /** Too large is told at once: the broker would refuse it for ever. */
  #record(command: CommandWire) {
    const record = commandRecord(command);
    const bytes = Buffer.byteLength(record.value) + Buffer.byteLength(record.key ?? '');
    if (bytes > commandBytesMax) {
      const message = `the command has ${bytes} bytes; a command has at most ${commandBytesMax}`;
      throw new CommandTooLargeError({ code: 'too-large', message });
    }
    return { topic: this.#topics.commands, ...record };
  }
}

const actorHeader = (actor: string | undefined): Record<string, string> =>
  actor === undefined ? {} : { actor };
