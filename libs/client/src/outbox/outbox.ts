import { randomUUID } from 'node:crypto';
import {
  type CommandType,
  type CommandWire,
  commandBytesMax,
  commandRecord,
  type DataCipher,
  parseCommand,
  sealFields,
  type TimerChangeWire,
} from '#contract';
import { type Body, type Check, commandOf, defaultNamespace, type TimerRef } from '../command-of.js';
import { rejectionError } from '../errors.js';
import type { NewTimer } from '../timers.js';
import type { SqlTransaction } from './sql.js';
import { checkedTable, defaultOutboxTable } from './table.js';

export interface OutboxOptions {
  /** Default `carillon_outbox`. */
  readonly table?: string;
  /** Of timers that are named without one; default `default`. */
  readonly namespace?: string;
  /** Seals `data`, `summaryData` and `eventData` before they are written. */
  readonly cipher?: DataCipher;
}

export interface OutboxCallOptions {
  /** Written again with the same id, a command is written once. */
  readonly commandId?: string;
  readonly check?: Check;
}

/**
 * Writes commands where your own rows are written, in your own transaction: they go out if it commits, and never if it does
 * not. An `OutboxShipper` brings them to Kafka; what becomes of a command is on the change feed, or on the topic of the refused.
 */
export class Outbox {
  readonly #insert: string;
  readonly #namespace: string;
  readonly #cipher: DataCipher | undefined;

  constructor({ table = defaultOutboxTable, namespace = defaultNamespace, cipher }: OutboxOptions = {}) {
    this.#insert =
      `insert into ${checkedTable(table)} (command_id, record_key, value) ` +
      'values ($1, $2, $3) on conflict (command_id) do nothing';
    this.#namespace = namespace;
    this.#cipher = cipher;
  }

  /** Commands that become part of this transaction. It stays the caller's: nothing here begins or ends it. */
  within(transaction: SqlTransaction): OutboxCommands {
    return new OutboxCommands(this.#namespace, (command) => this.write(transaction, command));
  }

  /**
   * A command made by hand. What could only ever be refused is told here, while the transaction can still be undone.
   * @throws InvalidCommandError, CommandTooLargeError and the like
   */
  async write(transaction: SqlTransaction, command: CommandWire): Promise<void> {
    const sealed = this.#cipher === undefined ? command : await sealFields(command, this.#cipher);
    const { key, value } = commandRecord(sealed);
    const record = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
    const read = parseCommand(record, commandBytesMax);
    if (!read.ok) throw rejectionError(read.rejection);
    await transaction.query(this.#insert, [read.commandId, key ?? read.commandId, value]);
  }
}

/** The commands of a client, each answered by its id once it is written; its outcome comes later. */
export class OutboxCommands {
  constructor(
    private readonly namespace: string,
    private readonly write: (command: CommandWire) => Promise<void>,
  ) {}

  createTimer({ key, namespace, ...timer }: NewTimer, options?: OutboxCallOptions): Promise<string> {
    const ref = { key, ...(namespace !== undefined && { namespace }) };
    return this.#command('CreateTimer', ref, { timer }, options);
  }

  updateTimer(ref: TimerRef, set: TimerChangeWire, options?: OutboxCallOptions): Promise<string> {
    return this.#command('UpdateTimer', ref, { set }, options);
  }

  deleteTimer(ref: TimerRef, options?: OutboxCallOptions): Promise<string> {
    return this.#command('DeleteTimer', ref, {}, options);
  }

  manualTriggerEvent(ref: TimerRef, options: OutboxCallOptions & Body<'TriggerTimer'> = {}): Promise<string> {
    const { requestId, timeout, ...rest } = options;
    const body = { ...(requestId !== undefined && { requestId }), ...(timeout !== undefined && { timeout }) };
    return this.#command('TriggerTimer', ref, body, rest);
  }

  pauseTimer(ref: TimerRef, options?: OutboxCallOptions): Promise<string> {
    return this.#command('PauseTimer', ref, {}, options);
  }

  resumeTimer(ref: TimerRef, options?: OutboxCallOptions): Promise<string> {
    return this.#command('ResumeTimer', ref, {}, options);
  }

  expireTimer(ref: TimerRef, options?: OutboxCallOptions): Promise<string> {
    return this.#command('ExpireTimer', ref, {}, options);
  }

  cancelTimer(ref: TimerRef, options?: OutboxCallOptions): Promise<string> {
    return this.#command('CancelTimer', ref, {}, options);
  }

  /** Work and its acknowledgement in one transaction: the close goes out if the work is kept. */
  closeTimerEvent(ref: TimerRef, close: Body<'CloseEvent'>, options?: OutboxCallOptions): Promise<string> {
    return this.#command('CloseEvent', ref, close, options);
  }

  async #command<T extends CommandType>(
    type: T,
    ref: TimerRef,
    body: Body<T>,
    { commandId = randomUUID(), check }: OutboxCallOptions = {},
  ): Promise<string> {
    await this.write(commandOf({ type, id: commandId, ref, body, check }, this.namespace));
    return commandId;
  }
}
