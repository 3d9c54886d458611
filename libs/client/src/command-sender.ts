import { randomUUID } from 'node:crypto';
import { type Context, context } from '@opentelemetry/api';
import { type CommandWire, commandBytesMax, commandRecord, type Reply, topicsOf } from '#contract';
import {
  BatchProducer,
  contextOf,
  type KafkaSettings,
  type OutRecord,
  replyHeaders,
  SendQueueFull,
} from '#kafka';
import { commandSpan, ended, traceHeaders } from './command-span.js';
import { ClientOverloadedError, CommandTooLargeError } from './errors.js';
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
  /** W3C trace context to go on from; default: the one that is active. */
  readonly traceparent?: string;
  /** Kafka has the command; the outcome is still to come. */
  readonly onSent?: () => void;
}

/** The way of commands into Kafka, and of their outcomes back. */
export class CommandSender {
  readonly #producer: BatchProducer;
  readonly #inbox: ReplyInbox;
  readonly #topics: ReturnType<typeof topicsOf>;

  constructor({ kafka, topicPrefix }: CommandSenderOptions) {
    this.#topics = topicsOf(topicPrefix);
    this.#producer = new BatchProducer(kafka);
    this.#inbox = new ReplyInbox(kafka, this.#topics.replies);
  }

  /** Waits for the replies topic, which the scheduler makes. Safe to call twice. */
  async connect(): Promise<void> {
    await this.#inbox.open();
    await this.#producer.start();
  }

  /** Calls that wait are told; safe to call twice, and while connecting. */
  async close(): Promise<void> {
    await this.#inbox.close();
    await this.#producer.stop();
  }

  /**
   * Sends a command and waits for its outcome, refusals included.
   * @throws CommandTimeoutError, ClientNotConnectedError, ClientOverloadedError, CommandTooLargeError, the signal's reason
   */
  ask(command: CommandWire, { timeoutMs, signal, actor, traceparent, onSent }: AskOptions): Promise<Reply> {
    const record = this.#record(command);
    const correlationId = randomUUID();
    const span = commandSpan(command, record.topic, parentOf(traceparent));
    const headers = {
      ...replyHeaders(this.#topics.replies, this.#inbox.partition, correlationId),
      ...actorHeader(actor),
      ...traceHeaders(span),
    };
    const send = (unwanted: AbortSignal): Promise<void> =>
      this.#send(command.id, { ...record, headers }, unwanted).then(onSent);
    const call = { commandId: command.id, correlationId, timeoutMs, signal, send };
    return ended(span, awaitReply(this.#inbox, call));
  }

  /**
   * Hands a command over without waiting for its outcome: resolves when Kafka has it. A refusal is on the rejected topic.
   * @throws ClientOverloadedError, CommandTooLargeError
   */
  async send(command: CommandWire, actor?: string): Promise<void> {
    const record = this.#record(command);
    const span = commandSpan(command, record.topic, parentOf());
    const headers = { ...actorHeader(actor), ...traceHeaders(span) };
    await ended(span, this.#send(command.id, { ...record, headers }));
  }

  async #send(commandId: string, record: OutRecord, unwanted?: AbortSignal): Promise<void> {
    try {
      await this.#producer.send([record], unwanted);
    } catch (error) {
      throw error instanceof SendQueueFull ? new ClientOverloadedError(commandId, error) : error;
    }
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

const parentOf = (traceparent?: string): Context =>
  traceparent === undefined ? context.active() : contextOf(traceparent);
