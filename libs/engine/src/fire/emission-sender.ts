import type { DueIndex, PendingEmission } from '../log/due-index.js';
import { messageOf } from '../log/errors.js';
import type { EmissionId } from '../log/timer-log.js';
import type { LocalClock, Logger } from '../ports.js';
import type { Acknowledgements } from './acknowledgements.js';
import type { DatabaseClock } from './database-clock.js';
import type { Acknowledged } from './decide-due.js';
import {
  type Emission,
  EmissionRefused,
  type EmissionSink,
  presentEmission,
  repeatedDeadLetter,
} from './emission.js';
import type { FireLimits } from './fire-limits.js';
import type { FireObserver } from './fire-observer.js';

export interface EmissionSenderDeps {
  readonly sink: EmissionSink;
  readonly index: DueIndex;
  readonly databaseClock: DatabaseClock;
  readonly clock: LocalClock;
  readonly logger: Logger;
  readonly limits: Pick<
    FireLimits,
    'emissionsInFlightMax' | 'emissionLateMs' | 'refusedRestMinMs' | 'refusedRestMaxMs'
  >;
  readonly observer: Pick<FireObserver, 'emitted'> | undefined;
  /** Where what Kafka has acknowledged goes: the next transaction takes it from there. */
  readonly acknowledgements: Acknowledgements;
  /** Something was acknowledged. */
  readonly wake: () => void;
}

/** Kafka's: all refused, or at least a part taken; none: it is silent. */
type Answer = 'acknowledged' | 'refused' | 'none';

/** Batches on their way from their commit to Kafka's acknowledgement. Those that get none are sent again, by whoever is there. */
export class EmissionSender {
  readonly #emitting = new Map<EmissionId, Promise<unknown>>();
  #kafkaAnswers = true;

  constructor(private readonly deps: EmissionSenderDeps) {}

  /** As far as the last batch tells; while it does not, nothing new is triggered. */
  get kafkaAnswers(): boolean {
    return this.#kafkaAnswers;
  }

  /** As many are under way as may be; after `oneSettled` it may be otherwise. A silent broker is not waited for. */
  get isFull(): boolean {
    return this.#emitting.size >= this.deps.limits.emissionsInFlightMax && this.#kafkaAnswers;
  }

  oneSettled(): Promise<unknown> {
    return Promise.race(this.#emitting.values());
  }

  allSettled(): Promise<unknown> {
    return Promise.all(this.#emitting.values());
  }

  /** Sends a batch that was committed just now. */
  send(id: EmissionId, emissions: readonly Emission[]): void {
    const sending = this.#emit(id, emissions, this.deps.clock(), 0);
    this.#emitting.set(id, sending);
  }

  /** Sends what was committed and never acknowledged, whoever wrote it. While Kafka is silent, one batch at a time asks it. */
  async resendPending(leaseMs: number): Promise<number> {
    const { acknowledgements, index, limits } = this.deps;
    let sent = 0;
    for (;;) {
      const max = this.#kafkaAnswers ? 20 : 1;
      const pending = await index.claimPendingEmissions(limits.emissionLateMs, leaseMs, max);
      const lost = pending.filter(({ id }) => !this.#emitting.has(id) && !acknowledgements.has(id));
      let isRefused = false;
      for (const emission of lost) isRefused = (await this.#resend(emission)) === 'refused';
      sent += lost.length;
      // nothing is owed any more: the next trigger will tell whether Kafka is there
      if (pending.length === 0) this.#kafkaAnswers = true;
      // a refusal from memory says nothing of Kafka, and may be one of many: the next one is asked at once
      if (pending.length < max || !(this.#kafkaAnswers || isRefused)) return sent;
    }
  }

  async #resend({ id, entries, ageMs }: PendingEmission): Promise<Answer> {
    const emissions = entries.flatMap(({ state, before }): Emission[] => {
      if (state === null) return [];
      if (before !== null) return [repeatedDeadLetter(before, state)];
      const emission = presentEmission(state);
      return emission === null ? [] : [emission];
    });
    this.deps.logger.info(
      { batch: id, emissions: emissions.length },
      'sending again what was never acknowledged',
    );
    return this.#emit(id, emissions, Number.NEGATIVE_INFINITY, ageMs);
  }

  /**
   * `committedAt` decides whether the acknowledgement came late; it is the process's clock on both sides. What is refused rests as long
   * as it is old, so each rest is twice the one before.
   */
  async #emit(
    id: EmissionId,
    emissions: readonly Emission[],
    committedAt: number,
    ageMs: number,
  ): Promise<Answer> {
    const { refusedRestMinMs, refusedRestMaxMs } = this.deps.limits;
    const restMs = Math.min(refusedRestMaxMs, Math.max(refusedRestMinMs, Math.round(ageMs)));
    try {
      const refused = await this.#refusedOf(id, emissions, restMs);
      if (refused === null) return 'none';
      if (refused.length > 0 && refused.length === emissions.length) {
        await this.#postpone(id, restMs);
        return 'refused';
      }
      const rest = refused.length === 0 ? null : { emissions: refused, restMs };
      this.#acknowledged(id, emissions, rest, committedAt);
      return 'acknowledged';
    } finally {
      this.#emitting.delete(id);
    }
  }

  /** Hands them to Kafka; answers those that it will not have. Null: Kafka does not answer. */
  async #refusedOf(
    id: EmissionId,
    emissions: readonly Emission[],
    againAfterMs: number,
  ): Promise<readonly Emission[] | null> {
    try {
      await this.deps.sink.emit(emissions);
      return [];
    } catch (error) {
      // the outbox row stays: it is sent again, by this instance or another
      const message = messageOf(error);
      if (error instanceof EmissionRefused) {
        this.deps.logger.error(
          { error: message, batch: id, refused: error.refused.length, of: emissions.length, againAfterMs },
          'Kafka refused emissions, which stay owed and are sent again now and then; others go on',
        );
        if (!error.isRemembered) this.#answered();
        return error.refused;
      }
      this.deps.logger.warn(
        { error: message, batch: id },
        'Kafka did not acknowledge; firing waits until it answers',
      );
      this.#kafkaAnswers = false;
      return null;
    }
  }

  #acknowledged(
    id: EmissionId,
    all: readonly Emission[],
    refused: Acknowledged['refused'],
    committedAt: number,
  ): void {
    const { acknowledgements, clock, databaseClock, limits, observer, wake } = this.deps;
    this.#answered();
    const emissions = refused === null ? all : without(all, refused.emissions);
    observer?.emitted?.(emissions, databaseClock.now());
    const isLate = clock() - committedAt > limits.emissionLateMs;
    const late = isLate ? emissions.filter(({ kind }) => kind !== 'dead').map(({ state }) => state.id) : [];
    acknowledgements.add({ id, late, emissions, refused }, clock());
    wake();
  }

  /** A refusal is an answer too: what falls due goes on, and finds out if Kafka is away again. */
  #answered(): void {
    if (this.#kafkaAnswers) return;
    this.deps.logger.info({}, 'Kafka answers again');
    this.#kafkaAnswers = true;
    this.deps.wake();
  }

  /** Otherwise it is only asked for sooner. */
  async #postpone(id: EmissionId, restMs: number): Promise<void> {
    const { index, logger } = this.deps;
    await index.postponeEmission(id, restMs).catch((error: unknown) => {
      logger.warn({ error: messageOf(error), batch: id }, 'what Kafka refused could not be put off');
    });
  }
}

function without(all: readonly Emission[], some: readonly Emission[]): Emission[] {
  const left = new Set(all);
  for (const one of some) left.delete(one);
  return [...left];
}
