import { randomUUID } from 'node:crypto';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CommandWire, DueEvent, ParsedDue } from '#contract';
import { contextOf, type Logger, ringAfter, settlesWithin, traceparentOf } from '#kafka';
import { answerId } from './command-id.js';
import { HandBack, type Hook, type HookOutcome, LeaveOpen, RetryLater } from './handler.js';
import { type SendAnswer, UnfitAnswerError } from './send-answer.js';

/** What lets time pass for a run: the machine's clock, or one that a test moves. */
export interface RunClock {
  /** Epoch ms. It differs from the database's, and may be set. */
  now(): number;
  /** Rings once after this long; the answer cancels it. */
  after(durationMs: number, ring: () => void): () => void;
}

/** What a handler does when its signal fires takes no longer, or it does not heed it. */
const endingMaxMs = 200;

/** However long: an ack deadline may lie a hundred years ahead. */
export const machineClock: RunClock = { now: () => Date.now(), after: ringAfter };

export interface RunDeps {
  readonly send: SendAnswer;
  readonly log: Logger;
  readonly worker: string;
  readonly clock: RunClock;
}

/** One attempt of one event in this worker: heartbeats while it waits and works, one answer at the end. */
export class HookRun {
  readonly kind: 'due' | 'ask';
  readonly event: DueEvent;
  readonly #abort = new AbortController();
  readonly #received: string | undefined;
  /** Of its span once it runs: its answers belong there. */
  #traceparent: string | undefined;
  #isOver = false;
  #isAnswering = false;
  readonly #handled = Promise.withResolvers<void>();
  #cancelBeat: () => void;
  #cancelDeadline: () => void;

  constructor(
    { kind, event, traceparent }: Extract<ParsedDue, { ok: true }>,
    private readonly hook: Hook,
    private readonly deps: RunDeps,
  ) {
    this.kind = kind;
    this.event = event;
    this.#received = traceparent;
    this.#traceparent = traceparent;
    // an event that waits for its turn needs its deadline moved as much as one that runs
    this.#cancelBeat = this.#startBeat();
    const leftMs = this.#leftMs();
    this.#cancelDeadline = this.#startDeadline(leftMs);
    if (leftMs < this.event.ackTimeoutMs) void this.#heartbeat();
  }

  /**
   * Until the ack deadline: of an event that was read late (the worker was behind) less than its ack timeout, and a heartbeat must move it at
   * once. The deadline is told by the database's clock, and ours may be ahead: so each event has a third of its timeout, in which that
   * heartbeat reaches Kafka, and one whose deadline seems to have passed its whole timeout. A heartbeat would come too late for it, and
   * the next attempt, once it is read, ends it.
   */
  #leftMs(): number {
    const { ackTimeoutMs, deadline, unclaimed } = this.event;
    // a question has no heartbeat, and the claim of an offer begins a deadline of its own
    if (this.kind === 'ask' || unclaimed === true || deadline === undefined) return ackTimeoutMs;
    const leftMs = Date.parse(deadline) - this.deps.clock.now();
    const beatMs = beatEveryMs(this.event);
    return leftMs > 0 && leftMs < 2 * beatMs ? Math.max(leftMs, beatMs) : ackTimeoutMs;
  }

  get isAborted(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The event is somebody else's now. */
  abort(reason: string): void {
    this.#stopClocks();
    if (!this.isAborted) this.#abort.abort(new Error(reason));
  }

  /**
   * Nobody waits for the handler any more: the next attempt is somebody else's, and none is counted. It begins at once if the handler ends
   * by its signal, otherwise when it has had its ack timeout to end in.
   */
  async handBack(reason: string): Promise<void> {
    const isHeld = !this.isAborted && !this.#isAnswering;
    this.abort(reason);
    if (!isHeld || this.kind === 'ask') return;
    const hasEnded = await settlesWithin(endingMaxMs, this.#handled.promise);
    const back = new HandBack(reason, hasEnded ? undefined : `${this.event.ackTimeoutMs}ms`);
    await this.deps.send(this.#retry(back), this.#traceparent).catch((error: unknown) => {
      const ids = idsOf(this.event);
      this.deps.log.warn({ ...ids, error: String(error) }, 'not handed back; its deadline ends it');
    });
  }

  /**
   * Runs the handler and answers. Resolves when the answer is in Kafka; rejects when it could not be sent.
   * @param onHandled called when the handler is done and only its answer is on its way
   */
  async run(onHandled: () => void = () => undefined): Promise<void> {
    if (this.isAborted) return this.#stopClocks();
    const parent = contextOf(this.#received);
    const span = this.#span(parent);
    this.#traceparent = traceparentOf(span);
    try {
      // what the handler calls belongs to this span
      const answer = await context.with(trace.setSpan(parent, span), () =>
        this.kind === 'ask' ? this.#ask() : this.#handle(span),
      );
      this.#handled.resolve();
      onHandled();
      // what was taken away is not answered; the answer would be refused anyway
      if (answer === null || this.isAborted) return;
      this.#isAnswering = true;
      await this.#answer(answer, span);
    } finally {
      this.#stopClocks();
      span.end();
    }
  }

  #span(parent: ReturnType<typeof contextOf>): Span {
    const { eventId, attempt, timer } = this.event;
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'carillon.event.id': eventId,
      'carillon.attempt': attempt,
      'carillon.timer.id': timer.id,
      'carillon.namespace': timer.namespace,
      'carillon.key': timer.key,
      'carillon.hook_class': timer.hookClass,
    };
    const name = `${this.kind === 'ask' ? 'answer' : 'handle'} ${timer.hookClass}`;
    return trace.getTracer('carillon').startSpan(name, { kind: SpanKind.CONSUMER, attributes }, parent);
  }

  /** A question that is not answered goes by what its timer says; an event is tried again, with the reason. */
  async #answer(answer: CommandWire, span: Span): Promise<void> {
    try {
      await this.deps.send(answer, this.#traceparent);
    } catch (error) {
      if (!(error instanceof UnfitAnswerError)) throw error;
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      this.deps.log.error({ ...idsOf(this.event), error: error.message }, adviceOnUnfit[this.kind]);
      if (this.kind === 'due') await this.deps.send(this.#retry(error), this.#traceparent);
    }
  }

  async #ask(): Promise<CommandWire> {
    const answer = (await this.hook.ask?.(this.event)) ?? {};
    return { type: 'AnswerPreSchedule', ...this.#address('ask'), ...answer };
  }

  async #handle(span: Span): Promise<CommandWire | null> {
    try {
      const outcome = await this.hook.handle(this.event, {
        signal: this.#abort.signal,
        heartbeat: (progress) => this.#heartbeat(progress),
        log: naming(this.deps.log, this.event),
        worker: this.deps.worker,
      });
      return this.#close(outcomeOf(outcome));
    } catch (error) {
      if (error instanceof LeaveOpen) return null;
      // what a handler puts off or hands back has not failed
      if (!(error instanceof RetryLater || error instanceof HandBack)) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        const details = { ...idsOf(this.event), error: messageOf(error) };
        this.deps.log.warn(details, 'handler failed; the event will be tried again');
      }
      return this.#retry(error);
    }
  }

  #close({ watermark, summaryData, result, nextFireAt }: HookOutcome): CommandWire {
    return {
      type: 'CloseEvent',
      ...this.#address('close'),
      ...(watermark !== undefined && { watermark }),
      ...(summaryData !== undefined && { summaryData }),
      ...(result !== undefined && { result }),
      ...(nextFireAt !== undefined && { nextFireAt }),
    };
  }

  #retry(error: unknown): CommandWire {
    const message = messageOf(error);
    if (error instanceof HandBack) {
      const { after } = error;
      const when = after === undefined ? {} : { after };
      return { type: 'RetryEvent', ...this.#address('retry'), handBack: true, error: message, ...when };
    }
    if (error instanceof RetryLater) {
      return {
        type: 'RetryEvent',
        ...this.#address('retry'),
        error: message,
        ...error.when,
        ...(error.data !== undefined && { data: error.data }),
        ...(error.dataEncoding !== undefined && { dataEncoding: error.dataEncoding }),
      };
    }
    return { type: 'RetryEvent', ...this.#address('retry'), error: message };
  }

  async #heartbeat(progress?: string): Promise<void> {
    if (this.isAborted || this.kind === 'ask') return;
    try {
      const beat: CommandWire = {
        type: 'HeartbeatEvent',
        ...this.#address(null),
        worker: this.deps.worker,
        ...(progress !== undefined && { progress }),
      };
      // once the event is somebody else's it says nothing any more
      await this.deps.send(beat, this.#traceparent, this.#abort.signal);
      this.#cancelDeadline();
      // it may have been taken away, or have ended, while the command was on its way
      if (!this.#isOver) this.#cancelDeadline = this.#startDeadline();
    } catch (error) {
      if (!this.isAborted)
        this.deps.log.warn({ ...idsOf(this.event), error: String(error) }, 'a heartbeat was not sent');
    }
  }

  #startBeat(): () => void {
    return this.deps.clock.after(beatEveryMs(this.event), () => {
      this.#cancelBeat = this.#startBeat();
      void this.#heartbeat();
    });
  }

  /** Without a heartbeat that reached Kafka the event may be with another worker by now. */
  #startDeadline(afterMs = this.event.ackTimeoutMs): () => void {
    return this.deps.clock.after(afterMs, () => this.abort('the ack deadline has passed'));
  }

  #stopClocks(): void {
    this.#isOver = true;
    this.#cancelBeat();
    this.#cancelDeadline();
  }

  #address(kind: string | null) {
    const { eventId, attempt, timer } = this.event;
    const id = kind === null ? randomUUID() : answerId(kind, eventId, attempt);
    return { id, namespace: timer.namespace, key: timer.key, eventId, attempt };
  }
}

const beatEveryMs = ({ ackTimeoutMs }: DueEvent): number => Math.max(1, Math.floor(ackTimeoutMs / 3));

/** Characters of an error that are kept with the timer. */
const errorTextMax = 4_000;
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, errorTextMax);

const adviceOnUnfit = {
  due: 'an answer was not sent, and the event is tried again: texts of an outcome are strings (JSON.stringify what they hold), moments RFC 3339',
  ask: 'an answer was not sent, and the timer goes by its preSchedule.onTimeout: a question is answered with delay, a duration, or eventData, a string',
} as const;

/** Handlers may return what they like; only an object can be an outcome. */
const outcomeOf = (returned: unknown): HookOutcome =>
  typeof returned === 'object' && returned !== null ? (returned as HookOutcome) : {};

/** What each line about an event names. */
export const idsOf = ({ eventId, attempt, timer: { id: timerId, namespace, key } }: DueEvent) => ({
  timerId,
  namespace,
  key,
  eventId,
  attempt,
});

/** A handler's own lines name what they are about. */
function naming(log: Logger, event: DueEvent): Logger {
  const ids = idsOf(event);
  return {
    debug: (details, message) => log.debug({ ...ids, ...details }, message),
    info: (details, message) => log.info({ ...ids, ...details }, message),
    warn: (details, message) => log.warn({ ...ids, ...details }, message),
    error: (details, message) => log.error({ ...ids, ...details }, message),
  };
}
