import type { CommandId } from '#timer';
import { GroupCommit } from '../group-commit.js';
import { type DatabasePlace, onlyDatabase } from '../log/databases.js';
import { mayTryAgain, messageOf, TransientLogError, tryAgainAfterMs } from '../log/errors.js';
import { type OffsetAdvance, sourceKey, type TimerLog } from '../log/timer-log.js';
import type { Logger, Sleep } from '../ports.js';
import { type QuotaGuard, withinQuotas } from '../quotas/quota-guard.js';
import { type Decider, decideAll, type MintTimerId } from './decide-all.js';
import type { CommandEnvelope, MisplacedCommand, Outcome } from './envelope.js';
import { SourcePositions } from './source-positions.js';

export interface CommandLimits {
  readonly commandsPerBatchMax: number;
  /** Of keys and values; a single larger command still goes, alone. */
  readonly bytesPerBatchMax: number;
  /** Commands that were read and wait for their transaction; reading pauses above. */
  readonly commandsWaitingMax: number;
  /**
   * Transactions start at least this far apart unless many commands wait: under a steady load, fewer larger ones leave
   * more of the machine to those whose time has come. The first command after a pause goes at once.
   */
  readonly commitEveryMs: number;
}

export const defaultCommandLimits: CommandLimits = Object.freeze({
  commandsPerBatchMax: 1_000,
  bytesPerBatchMax: 4 * 1024 * 1024,
  commandsWaitingMax: 8_000,
  commitEveryMs: 5,
});

export interface CommandServiceDeps<Reply> {
  /** The same log, once for each transaction that may be in flight at a time. */
  readonly logs: readonly [TimerLog, ...TimerLog[]];
  readonly timer: Decider;
  readonly mintTimerId: MintTimerId;
  readonly logger: Logger;
  readonly sleep: Sleep;
  /** After the commit, in batch order. */
  readonly onOutcomes: (outcomes: readonly CommandOutcome<Reply>[]) => void;
  /** The partition's stored offset is not where we believed: read on from there, if we still own it. */
  readonly onLostSource: (topic: string, partition: number, storedOffset: bigint | null) => void;
  /** The service cannot go on; the process should end and be started anew. */
  readonly onFatal: (error: unknown) => void;
  /** Of one of several databases: lanes are dealt by its own partitions, which are those of one remainder. */
  readonly place?: DatabasePlace;
  /** Where several databases hold the timers: sends misplaced commands to their own partitions, and resolves when Kafka has them. */
  readonly sendOn?: (misplaced: readonly MisplacedEnvelope<Reply>[]) => Promise<void>;
  /** Resolves when what was read in the same moment has been handed over, of all partitions; default: the first goes alone. */
  readonly gather?: () => Promise<void>;
  /** Awaited before each transaction: resolves when the log may grow. */
  readonly mayWrite?: () => Promise<void>;
  /** Absent: no namespace has any. */
  readonly quotas?: QuotaGuard;
  readonly limits?: CommandLimits;
}

export interface MisplacedEnvelope<Reply> extends CommandEnvelope<Reply> {
  readonly content: MisplacedCommand;
}

const isMisplaced = <Reply>(envelope: CommandEnvelope<Reply>): envelope is MisplacedEnvelope<Reply> =>
  envelope.content.kind === 'misplaced';

export interface CommandOutcome<Reply> {
  readonly envelope: CommandEnvelope<Reply>;
  readonly outcome: Outcome;
}

/**
 * Commands in, log events out: load → decide → append, many partitions a transaction. One transaction is in flight at a
 * time; under load one for each log that was given, each with partitions of its own: while one waits for the database
 * another decides. A batch that the database refuses for its data is halved until the one command is found, and that one is rejected.
 */
export class CommandService<Reply> {
  readonly #limits: CommandLimits;
  readonly #commits: GroupCommit<CommandEnvelope<Reply>>;
  readonly #positions = new SourcePositions();
  readonly #idleLogs: TimerLog[];
  #roomWanted: (() => void)[] = [];

  constructor(private readonly deps: CommandServiceDeps<Reply>) {
    this.#idleLogs = [...deps.logs];
    this.#limits = deps.limits ?? defaultCommandLimits;
    const { of } = deps.place ?? onlyDatabase;
    this.#commits = new GroupCommit<CommandEnvelope<Reply>>(
      (batch) => this.#flight(batch),
      (waiting) => this.#take(waiting),
      deps.onFatal,
      {
        lanes: deps.logs.length,
        laneOf: ({ source }) => Math.floor(source.partition / of) % deps.logs.length,
        crowdedAbove: this.#limits.commandsPerBatchMax,
        ...(deps.gather !== undefined && { gather: deps.gather }),
      },
    );
  }

  /** Where each assigned partition starts; what waited from an earlier assignment is dropped, it will come again. */
  assign(topic: string, positions: ReadonlyMap<number, bigint>): void {
    this.#commits.withdraw(({ source }) => source.topic === topic);
    this.#tellRoom();
    this.#positions.assign(topic, positions);
  }

  /** Next offset of each partition of a topic that is ours, as stored. */
  positionsOf(topic: string): { topic: string; partition: number; offset: bigint }[] {
    return this.#positions.of(topic);
  }

  /** Takes what was read. Resolves when there is room for more: the reader waits for it. */
  async submit(envelopes: readonly CommandEnvelope<Reply>[]): Promise<void> {
    // a partition that was lost is not ours before it has been sought anew: what comes meanwhile would leave a gap
    this.#commits.submit(envelopes.filter((envelope) => this.#positions.isNext(envelope)));
    while (this.#commits.waiting > this.#limits.commandsWaitingMax) {
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    }
  }

  /** Commands that were read and wait for their transaction. */
  get waiting(): number {
    return this.#commits.waiting;
  }

  drained(): Promise<void> {
    return this.#commits.drained();
  }

  /** Who waits for room looks again: some left with a flight, or was withdrawn and no flight may follow. */
  #tellRoom(): void {
    const room = this.#roomWanted;
    this.#roomWanted = [];
    for (const wake of room) wake();
  }

  #take(waiting: readonly CommandEnvelope[]): number {
    let bytes = 0;
    for (let count = 0; count < waiting.length; count += 1) {
      bytes += (waiting[count]?.value?.length ?? 0) + (waiting[count]?.key?.length ?? 0);
      if (count >= this.#limits.commandsPerBatchMax || bytes > this.#limits.bytesPerBatchMax) return count;
    }
    return waiting.length;
  }

  async #flight(batch: readonly CommandEnvelope<Reply>[]): Promise<void> {
    this.#tellRoom();
    await this.deps.mayWrite?.();
    if (this.deps.sendOn !== undefined) await this.#sendOn(batch.filter(isMisplaced), this.deps.sendOn);
    const log = this.#idleLogs.pop();
    if (log === undefined) throw new Error('more transactions in flight than logs: a lane has two');
    try {
      const isCrowded = this.#commits.waiting > this.#limits.commandsPerBatchMax;
      await Promise.all([
        this.#commit(log, batch),
        isCrowded ? null : this.deps.sleep(this.#limits.commitEveryMs),
      ]);
    } finally {
      this.#idleLogs.push(log);
    }
  }

  /** Again and again until Kafka has them: their offsets are stored after that. Sent twice, a command is still one. */
  async #sendOn(
    misplaced: readonly MisplacedEnvelope<Reply>[],
    send: NonNullable<CommandServiceDeps<Reply>['sendOn']>,
  ): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const ours = this.#positions.pending(misplaced).filter(isMisplaced);
      if (ours.length === 0) return;
      try {
        return await send(ours);
      } catch (error) {
        this.deps.logger.warn({ error: String(error), failures }, 'misplaced commands will be sent on again');
        await this.deps.sleep(tryAgainAfterMs(failures));
      }
    }
  }

  async #commit(log: TimerLog, batch: readonly CommandEnvelope<Reply>[]): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const ours = this.#positions.pending(batch);
      if (ours.length === 0) return;
      try {
        return await this.#transact(log, ours);
      } catch (error) {
        if (mayTryAgain(error, failures, ours.length)) {
          this.deps.logger.warn({ error: error.message, failures }, 'command batch will be tried again');
          await this.deps.sleep(tryAgainAfterMs(failures));
        } else if (ours.length === 1) {
          return await this.#rejectPoison(log, ours, error);
        } else {
          const half = Math.ceil(ours.length / 2);
          await this.#commit(log, ours.slice(0, half));
          return await this.#commit(log, ours.slice(half));
        }
      }
    }
  }

  async #transact(log: TimerLog, batch: readonly CommandEnvelope<Reply>[]): Promise<void> {
    const offsets = this.#positions.advances(batch);
    const commands = batch.flatMap(({ content }) => (content.kind === 'command' ? [content] : []));
    let outcomes: readonly (Outcome | null)[] = [];
    const { timer, mintTimerId, quotas } = this.deps;
    const { lostSources } = await withinQuotas(quotas, commands, (attempt) =>
      log.transact(
        {
          offsets,
          targets: commands.map(({ target }) => target),
          commandIds: commands.map(({ commandId }): CommandId => commandId),
          due: [],
          dueElsewhere: [],
          ...(attempt !== null && { usageOf: attempt.usageOf }),
        },
        (loaded) => {
          const decided = decideAll(batch, loaded, timer, mintTimerId, attempt?.admit(loaded));
          outcomes = decided.outcomes;
          return decided.writes;
        },
      ),
    );
    await this.#settle(batch, offsets, outcomes, lostSources);
  }

  async #settle(
    batch: readonly CommandEnvelope<Reply>[],
    offsets: readonly OffsetAdvance[],
    outcomes: readonly (Outcome | null)[],
    lostSources: ReadonlySet<string>,
  ): Promise<void> {
    const isLost = ({ topic, partition }: OffsetAdvance) => lostSources.has(sourceKey(topic, partition));
    for (const { topic, partition, next } of offsets.filter((advance) => !isLost(advance)))
      this.#positions.move(topic, partition, next);
    this.deps.onOutcomes(
      batch.flatMap((envelope, index) => {
        const outcome = outcomes[index] ?? null;
        return outcome === null ? [] : [{ envelope, outcome }];
      }),
    );
    for (const { topic, partition } of offsets.filter(isLost)) await this.#lose(topic, partition);
  }

  /** One command whose data the log cannot hold: its offset moves on with a rejection in its place. */
  async #rejectPoison(
    log: TimerLog,
    [envelope]: readonly CommandEnvelope<Reply>[],
    error: unknown,
  ): Promise<void> {
    if (envelope === undefined) return;
    const message = messageOf(error);
    const { content, source } = envelope;
    const { commandId } = content;
    this.deps.logger.error(
      {
        error: message,
        commandId,
        ...(content.kind === 'command' && content.target),
        ...source,
        offset: String(source.offset),
      },
      'command rejected: it fails its batch',
    );
    const rejection = {
      code: 'invalid-command',
      message: `this command cannot be stored: ${message}`,
    } as const;
    await this.#commit(log, [{ ...envelope, content: { kind: 'unreadable', commandId, rejection } }]);
  }

  async #lose(topic: string, partition: number): Promise<void> {
    const source = sourceKey(topic, partition);
    const { assignment } = this.#positions;
    this.#positions.drop(topic, partition);
    this.#commits.withdraw(
      (envelope) => sourceKey(envelope.source.topic, envelope.source.partition) === source,
    );
    this.#tellRoom();
    const offset = await this.#storedOffset(topic, partition);
    // the assignment that came meanwhile says where to begin, if the partition is still ours
    if (assignment !== this.#positions.assignment) return;
    if (offset !== null) this.#positions.move(topic, partition, offset);
    this.deps.logger.warn(
      { topic, partition, storedOffset: String(offset) },
      'another reader had moved this partition on',
    );
    this.deps.onLostSource(topic, partition, offset);
  }

  /** Asks until there is an answer: a partition without a position would be passed over for good. */
  async #storedOffset(topic: string, partition: number): Promise<bigint | null> {
    for (let failures = 0; ; failures += 1) {
      try {
        const stored = await this.deps.logs[0].storedOffsets(topic, [partition]);
        return stored.get(partition) ?? null;
      } catch (error) {
        if (!(error instanceof TransientLogError)) throw error;
        this.deps.logger.warn({ error: error.message, failures }, 'where to read on is not known yet');
        await this.deps.sleep(tryAgainAfterMs(failures));
      }
    }
  }
}
