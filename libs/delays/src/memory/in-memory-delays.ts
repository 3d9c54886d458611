import { randomBytes, randomUUID } from 'node:crypto';
import { type Logger, ringAfter, ringEvery } from '#kafka';
import {
  type ClientCommand,
  type CommandId,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  mintEventId,
  mintTimerId,
  type Rejection,
  slotOf,
  type TimerCommand,
  type TimerEvent,
  type TimerState,
} from '#timer';
import { errorOfResult, resultText } from '../carillon/result-text.js';
import { Counters } from '../counters.js';
import { DelayedEvent } from '../event.js';
import { LogCounts } from '../log-counts.js';
import type {
  CancelAnswer,
  DelayConsumer,
  DelayStore,
  EventToSave,
  GivenUp,
  GivenUpList,
  RunEvent,
  Stats,
} from '../ports.js';
import type { Verdict } from '../verdict.js';

export interface InMemoryDelaysOptions {
  readonly log: Logger;
  readonly maxRetry?: number;
  readonly lockTimeoutMs?: number;
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** Events kept, ended ones too; a create beyond it is refused. */
  readonly eventsMax?: number;
}

const namespace = 'memory';

/**
 * Store and consumer in one process: the same aggregate as Carillon's, without a log behind it. For tests, for trying
 * things out, and as the pattern of a store of one's own. What it holds is gone with the process.
 */
export class InMemoryDelays implements DelayStore, DelayConsumer {
  readonly #states = new Map<string, TimerState>();
  /** What cancels the clock of each event. */
  readonly #clocks = new Map<string, () => void>();
  readonly #running = new Set<Promise<void>>();
  readonly #counts = new LogCounts();
  readonly #own = new Counters(['futurama.MySQLStore.nbError', 'futurama.MySQLConsumer.nbGetEvents']);
  readonly #abort = new AbortController();
  #run: RunEvent | null = null;
  #types: ReadonlySet<string> = new Set();

  constructor(private readonly options: InMemoryDelaysOptions) {}

  async open(): Promise<void> {}

  async close(): Promise<void> {
    for (const cancel of this.#clocks.values()) cancel();
    this.#clocks.clear();
  }

  async start(run: RunEvent, types: readonly string[]): Promise<void> {
    this.#run = run;
    this.#types = new Set(types);
    for (const id of this.#states.keys()) this.#arm(id);
  }

  async stop(): Promise<void> {
    this.#run = null;
    await this.close();
    await Promise.all(this.#running);
    this.#abort.abort(new Error('the queue stops'));
  }

  async save({ id, type, at, payload }: EventToSave): Promise<void> {
    if (this.#states.has(id)) return;
    const { maxRetry = 18, lockTimeoutMs = 31_000, retryMinMs = 500, retryMaxMs = 600_000 } = this.options;
    if (this.#states.size >= (this.options.eventsMax ?? 100_000)) {
      this.#own.add('futurama.MySQLStore.nbError');
      throw new RangeError(`no more than ${this.#states.size} events are kept in memory`);
    }
    this.#mustApply(id, {
      type: 'CreateTimer',
      commandId: commandId(),
      timerId: mintTimerId(Date.now(), slotOf(namespace, id), randomBytes(10)),
      namespace,
      key: id,
      timer: {
        schedPolicyType: 'ONCE',
        schedPolicyExpr: new Date(at).toISOString(),
        hookClass: type,
        data: payload,
        ackTimeout: `${lockTimeoutMs}ms`,
        retry: { maxAttempts: maxRetry + 1, min: `${retryMinMs}ms`, max: `${retryMaxMs}ms` },
      },
    });
  }

  async cancel(id: string): Promise<CancelAnswer> {
    const rejection = this.#apply(id, { type: 'CancelTimer', commandId: commandId() });
    if (rejection?.code === 'timer-ended') return 'already-fired';
    if (rejection !== null) return 'unknown';
    return this.#states.get(id)?.open === null ? 'cancelled' : 'running';
  }

  async redrive(id: string): Promise<boolean> {
    return this.#apply(id, { type: 'RedriveEvent', commandId: commandId() }) === null;
  }

  async listGivenUp(): Promise<GivenUpList> {
    const events = [...this.#states.values()].flatMap(givenUpOf);
    return { events: events.sort((a, b) => a.givenUpAt.getTime() - b.givenUpAt.getTime()), isComplete: true };
  }

  stats(): Stats {
    const { eventsMax = 100_000 } = this.options;
    return {
      ...this.#counts.read(),
      ...this.#own.read(),
      'futurama.MySQLConsumer.nbRecovered': 0,
      'futurama.Scheduler.nbEvents': this.#states.size,
      'futurama.Scheduler.nbCapacity': eventsMax - this.#states.size,
    };
  }

  resetStats(): void {
    this.#counts.reset();
    this.#own.reset();
  }

  #mustApply(id: string, command: TimerCommand): void {
    const rejection = this.#apply(id, command);
    if (rejection !== null) throw new Error(rejection.message);
  }

  /** Null: applied. */
  #apply(id: string, command: TimerCommand): Rejection | null {
    const decision = decide(this.#states.get(id) ?? null, command, Date.now() as EpochMs);
    if (!decision.ok) return decision.rejection;
    for (const event of decision.events) this.#record(id, command, event);
    this.#arm(id);
    return null;
  }

  #record(id: string, { commandId: cause }: TimerCommand, event: TimerEvent): void {
    const before = this.#states.get(id) ?? null;
    const after = evolve(before, { version: (before?.version ?? 0) + 1, commandId: cause, event });
    if (after === null) this.#states.delete(id);
    else this.#states.set(id, after);
    this.#counts.count({
      ...event,
      isLast: 'ended' in event,
      ...(event.type === 'EventTriggered' && { lateMs: event.startedAt - event.scheduledFor }),
      ...(event.type === 'EventClosed' && { error: errorOfResult(event.result?.text) }),
    });
    if (after !== null && (event.type === 'EventTriggered' || event.type === 'EventRedelivered'))
      this.#deliver(after);
  }

  /** Events of types that this process does not have wait, as they would for another process. */
  #arm(id: string): void {
    this.#clocks.get(id)?.();
    const state = this.#states.get(id);
    if (state?.nextFireAt == null || this.#run === null || !this.#types.has(state.spec.hookClass)) return;
    const waitMs = Math.max(0, state.nextFireAt - Date.now());
    this.#clocks.set(
      id,
      ringAfter(waitMs, () => this.#strike(id)),
    );
  }

  #strike(id: string): void {
    this.#mustApply(id, {
      type: 'FireDue',
      commandId: null,
      eventId: mintEventId(Date.now(), randomBytes(10)),
    });
  }

  #deliver(state: TimerState): void {
    const running = this.#runTrigger(state).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #runTrigger({ spec, open }: TimerState): Promise<void> {
    if (open === null || this.#run === null) return;
    const { eventId, attempt } = open;
    this.#own.add('futurama.MySQLConsumer.nbGetEvents');
    const event = new DelayedEvent({
      id: spec.key,
      type: spec.hookClass,
      triggerTime: new Date(open.scheduledFor),
      attempt,
      eventId,
      payload: open.data ?? spec.data,
    });
    const beat = async (): Promise<void> =>
      void this.#apply(spec.key, { type: 'HeartbeatEvent', commandId: commandId(), eventId, attempt });
    const stopBeating = ringEvery(Math.ceil((this.options.lockTimeoutMs ?? 31_000) / 3), () => void beat());
    const context = { signal: this.#abort.signal, heartbeat: beat, log: this.options.log };
    const verdict = await this.#run(event, context).finally(stopBeating);
    const refused = this.#apply(spec.key, answerOf(verdict, eventId, attempt));
    if (refused !== null)
      this.options.log.warn({ id: spec.key, attempt, refused }, 'an answer came too late');
  }
}

const commandId = (): CommandId => randomUUID() as CommandId;

function answerOf(verdict: Verdict, eventId: EventId, attempt: number): ClientCommand {
  const about = { commandId: commandId(), eventId, attempt };
  if (verdict.kind === 'retry') {
    const { at, data, error } = verdict;
    return {
      type: 'RetryEvent',
      ...about,
      error,
      ...(at !== null && { at: at as EpochMs }),
      ...(data !== undefined && data !== null && { data }),
    };
  }
  const result = resultText(verdict);
  return { type: 'CloseEvent', ...about, ...(result !== null && { result: { text: result } }) };
}

function givenUpOf({ spec, givenUp }: TimerState): GivenUp[] {
  if (givenUp === null) return [];
  return [
    {
      id: spec.key,
      type: spec.hookClass,
      eventId: givenUp.eventId,
      attempts: givenUp.attempt,
      triggerTime: new Date(givenUp.scheduledFor),
      givenUpAt: new Date(givenUp.at),
      data: (givenUp.data ?? spec.data)?.text ?? null,
      lastError: givenUp.error,
    },
  ];
}
