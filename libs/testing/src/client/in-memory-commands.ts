import { randomBytes } from 'node:crypto';
import type { Commands } from '#client';
import {
  acceptedReply,
  appliedReply,
  type CommandWire,
  commandBytesMax,
  commandRecord,
  parseCommand,
  parseReply,
  type Reply,
  refusedReply,
} from '#contract';
import { type CommandEnvelope, decideAll, type Outcome, type QuotaGuard, withinQuotas } from '#engine';
import { decide, evolve, mintTimerId } from '#timer';
import type { InMemoryTimerStore } from '../memory/in-memory-timer-store.js';

/** What the scheduler does with a command, without Kafka: the same reading, the same decision, the same words. */
export class InMemoryCommands implements Commands {
  #offset = 0n;

  constructor(
    private readonly store: InMemoryTimerStore,
    private readonly now: () => number,
    /** Something may be due, or told to watchers. */
    private readonly onWritten: () => void,
    private readonly quotas?: QuotaGuard,
  ) {}

  async ask(
    command: CommandWire,
    { signal, actor }: { readonly signal?: AbortSignal; readonly actor?: string },
  ): Promise<Reply> {
    const outcome = await this.tell(command, actor);
    signal?.throwIfAborted();
    return parseReply(await this.#answerOf(outcome));
  }

  /** As a command without a reply address; null: there is nothing to answer. */
  async tell(command: CommandWire, actor?: string): Promise<Outcome | null> {
    const envelope = this.#envelopeOf(command, actor);
    const { content } = envelope;
    const isRead = content.kind === 'command';
    const outcomes: (Outcome | null)[] = [];
    await withinQuotas(this.quotas, isRead ? [content] : [], (attempt) =>
      this.store.log.transact(
        {
          offsets: [],
          targets: isRead ? [content.target] : [],
          commandIds: isRead ? [content.commandId] : [],
          due: [],
          dueElsewhere: [],
          ...(attempt !== null && { usageOf: attempt.usageOf }),
        },
        (loaded) => {
          const decided = decideAll(
            [envelope],
            loaded,
            { decide, evolve },
            (slot) => mintTimerId(this.now(), slot, randomBytes(10)),
            attempt?.admit(loaded),
          );
          outcomes.push(...decided.outcomes);
          return decided.writes;
        },
      ),
    );
    this.onWritten();
    return outcomes.at(-1) ?? null;
  }

  #envelopeOf(command: CommandWire, actor: string | undefined): CommandEnvelope {
    const record = commandRecord(command);
    const key = record.key === null ? null : Buffer.from(record.key);
    const value = Buffer.from(record.value);
    const parsed = parseCommand({ key, value }, commandBytesMax);
    this.#offset += 1n;
    return {
      source: { topic: 'timers.commands', partition: 0, offset: this.#offset },
      key,
      value,
      content: parsed.ok
        ? { kind: 'command', commandId: parsed.commandId, target: parsed.target, command: parsed.command }
        : { kind: 'unreadable', commandId: parsed.commandId, rejection: parsed.rejection },
      reply: null,
      ...(actor !== undefined && { actor }),
    };
  }

  async #answerOf(outcome: Outcome | null): Promise<string> {
    switch (outcome?.kind) {
      case 'applied':
        return acceptedReply(outcome.state);
      case 'rejected':
        return refusedReply(outcome.rejection);
      case 'repeated': {
        const state = await this.store.log.stateAt(outcome.timerId, outcome.version);
        return state === null ? appliedReply(outcome.timerId, outcome.version) : acceptedReply(state);
      }
      default:
        throw new Error('a command in memory has an outcome: no partition of it can be lost');
    }
  }
}
