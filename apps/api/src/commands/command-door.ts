import { type AskOptions, ClientNotConnectedError, type CommandSender, CommandTimeoutError } from '#client';
import { type AppliedTimer, type CommandWire, commandRecord, type Reply } from '#contract';
import { isCounted, payloadRefusal, type Quotas } from '#engine';
import type { CommandId, Rejection } from '#timer';
import { ProblemError, problem, refusal } from '../http/problem-error.js';
import { type CommandCall, wireOf } from './command-wire.js';
import { type Receipts, receiptPath } from './receipts.js';

export type CommandResult =
  | { readonly kind: 'applied'; readonly commandId: string; readonly timer: AppliedTimer }
  | { readonly kind: 'pending'; readonly commandId: string; readonly receipt: string };

/** The way from a request to a command and its outcome; what a command may hold is the command's own schema to say. */
export class CommandDoor {
  constructor(
    private readonly sender: Pick<CommandSender, 'ask'>,
    private readonly receipts: Receipts,
    private readonly timeoutMs: number,
    private readonly quotas: Quotas,
  ) {}

  /** @throws ProblemError */
  async call(call: CommandCall): Promise<CommandResult> {
    const command = wireOf(call);
    const { preference, actor, traceparent } = call.context;
    const timeoutMs = preference.respondAsync
      ? this.timeoutMs
      : Math.min(preference.waitMs ?? this.timeoutMs, this.timeoutMs);
    const options = {
      timeoutMs,
      ...(actor !== undefined && { actor }),
      ...(traceparent !== undefined && { traceparent }),
    };
    const receipt = receiptPath(command.id, call.address);
    const earlier = await this.#earlier(command.id, call);
    if (earlier !== null) return earlier;
    this.#refuseTooLarge(command);
    return preference.respondAsync
      ? this.#handOver(command, options, receipt, preference.waitMs ?? 0)
      : this.#waitFor(command, options, receipt);
  }

  /**
   * A timer itself remembers its last few commands only, and a key may come again hours later: the day's log is asked first. Two
   * that come at once are told apart by the scheduler.
   */
  async #earlier(commandId: string, { address, context }: CommandCall): Promise<CommandResult | null> {
    if (context.idempotencyKey === undefined) return null;
    const found = await this.receipts.of(commandId as CommandId, address);
    const receipt = found?.receipt;
    if (receipt?.status === 'rejected') throw refusal(receipt as Rejection, commandId);
    if (receipt?.status !== 'applied' || receipt.timer === undefined) return null;
    return { kind: 'applied', commandId, timer: receipt.timer as AppliedTimer };
  }

  /** As the scheduler would, before it travels. Of a timer that is named by its id alone the scheduler knows the namespace. */
  #refuseTooLarge(command: CommandWire): void {
    const { namespace } = command;
    if (namespace === undefined || !isCounted(command)) return;
    const { key, value } = commandRecord(command);
    const bytes = Buffer.byteLength(value) + Buffer.byteLength(key ?? '');
    const over = payloadRefusal(this.quotas.of(namespace), namespace, bytes);
    if (over !== null) throw refusal(over, command.id);
  }

  async #waitFor(command: CommandWire, options: AskOptions, receipt: string): Promise<CommandResult> {
    try {
      return applied(command.id, await this.sender.ask(command, options));
    } catch (error) {
      throw error instanceof CommandTimeoutError ? tooLate(error, receipt) : error;
    }
  }

  /** Answers when Kafka has the command, and the outcome with it if that comes soon enough. */
  async #handOver(
    command: CommandWire,
    options: AskOptions,
    receipt: string,
    waitMs: number,
  ): Promise<CommandResult> {
    const sent = Promise.withResolvers<void>();
    const outcome = this.sender.ask(command, { ...options, onSent: sent.resolve });
    // an outcome says so too, where Kafka's own word was lost
    outcome.then(() => sent.resolve(), sent.reject);
    try {
      await sent.promise;
    } catch (error) {
      throw error instanceof CommandTimeoutError ? tooLate(error, receipt) : error;
    }
    const reply = waitMs === 0 ? null : await Promise.race([unlessUnheard(outcome), after(waitMs)]);
    return reply === null ? { kind: 'pending', commandId: command.id, receipt } : applied(command.id, reply);
  }
}

/** Null: Kafka has the command, and nobody here will hear its outcome any more: the receipt tells of it. */
const unlessUnheard = (outcome: Promise<Reply>): Promise<Reply | null> =>
  outcome.catch((error: unknown) => {
    if (error instanceof CommandTimeoutError || error instanceof ClientNotConnectedError) return null;
    throw error;
  });

const after = (ms: number): Promise<null> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(null), ms).unref();
  });

function applied(commandId: string, reply: Reply): CommandResult {
  if (!reply.ok) throw refusal(reply, commandId);
  return { kind: 'applied', commandId, timer: reply.timer };
}

function tooLate({ commandId, cause }: CommandTimeoutError, receipt: string): ProblemError {
  const { problem: told } =
    cause === undefined
      ? problem(
          'timeout',
          'no outcome in time; the command may still be applied: ask for its receipt, or send it again with the same Idempotency-Key',
          { commandId },
        )
      : problem('not-ready', 'Kafka did not take the command in time; it may still be applied', {
          commandId,
        });
  return new ProblemError(told, { location: receipt });
}
