import {
  type AppliedCommand,
  type CommandId,
  type Decide,
  type Evolve,
  type Rejection,
  slotOf,
  type TimerCommand,
  type TimerId,
  type TimerState,
} from '#timer';
import {
  type EventMeta,
  type EventWrite,
  type LoadedTimers,
  type RejectionWrite,
  recordKey,
  type StreamWrite,
  sourceKey,
  type TimerTarget,
  type TransactionWrites,
  type UnchangedWrite,
} from '../log/timer-log.js';
import type { Admission } from '../quotas/quota-guard.js';
import type { CommandEnvelope, Outcome, ReadableCommand } from './envelope.js';
import { FirstAnswers } from './first-answers.js';

export interface Decider {
  readonly decide: Decide;
  readonly evolve: Evolve;
}
export type MintTimerId = (slot: number) => TimerId;

export interface DecidedBatch {
  readonly writes: TransactionWrites;
  /** In the order of the envelopes; null: nothing to tell (its partition was lost, so it is somebody else's to decide). */
  readonly outcomes: readonly (Outcome | null)[];
}

/** Pure but for the ids it mints: the batch's commands folded in order over what was loaded. */
export function decideAll(
  envelopes: readonly CommandEnvelope[],
  loaded: LoadedTimers,
  timer: Decider,
  mintTimerId: MintTimerId,
  admission: Admission | null = null,
): DecidedBatch {
  const batch = new Batch(loaded, timer, mintTimerId, admission);
  const outcomes = envelopes.map((envelope) => {
    const { topic, partition } = envelope.source;
    return loaded.lostSources.has(sourceKey(topic, partition)) ? null : batch.handle(envelope);
  });
  return { writes: batch.writes(), outcomes };
}

/** One life of one timer within a batch. */
interface Stream {
  readonly before: TimerState | null;
  after: TimerState | null;
  readonly events: EventWrite[];
}

/** What one command does to a timer. */
interface Change {
  readonly events: readonly EventWrite[];
  readonly after: TimerState | null;
  /** The last that there was: of a deleted timer, what was deleted. */
  readonly last: TimerState | null;
}

class Batch {
  readonly #streams: Stream[] = [];
  readonly #byKey = new Map<string, Stream>();
  readonly #byId = new Map<TimerId, Stream>();
  readonly #rejections: RejectionWrite[] = [];
  readonly #unchanged: UnchangedWrite[] = [];
  readonly #answers: FirstAnswers;

  constructor(
    private readonly loaded: LoadedTimers,
    private readonly timer: Decider,
    private readonly mintTimerId: MintTimerId,
    private readonly admission: Admission | null,
  ) {
    this.#answers = new FirstAnswers(loaded);
  }

  handle(envelope: CommandEnvelope): Outcome | null {
    const { content } = envelope;
    // it was sent on to where it is decided
    if (content.kind === 'misplaced') return null;
    if (content.kind === 'unreadable') return this.#reject(envelope, content.commandId, content.rejection);
    const earlier = this.#earlierOutcome(content, envelope.key);
    if (earlier !== null) return earlier;

    const stream = this.#streamOf(content.target);
    const state = stream?.after ?? null;
    // its parent is gone: the relay tells of every child's end, and nobody waits for an answer
    if (state === null && content.command.type === 'EndChild') return null;
    const over = this.admission?.refuse(envelope, content, state) ?? null;
    if (over !== null) return this.#reject(envelope, content.commandId, over);
    const decision = this.timer.decide(state, this.#minted(content, state !== null), this.loaded.now);
    if (!decision.ok) return this.#reject(envelope, content.commandId, decision.rejection);
    if (decision.events.length === 0 && state !== null) return this.#leave(content, state);
    const change = this.#fold(state, decision.events, content, metaOf(envelope));
    const full = this.admission?.take(content, state, change.after) ?? null;
    if (full !== null) return this.#reject(envelope, content.commandId, full);
    return this.#apply(content, stream, change);
  }

  writes(): TransactionWrites {
    const streams = this.#streams
      .filter(({ events }) => events.length > 0)
      .map(({ before, after, events }): StreamWrite => ({ before, after, events, emission: null }));
    return {
      streams,
      rejections: this.#rejections,
      unchanged: this.#unchanged,
      emission: null,
      emitted: [],
    };
  }

  #minted({ command, target }: ReadableCommand, isThere: boolean): TimerCommand {
    if ('timerId' in target) return command as TimerCommand;
    const { namespace, key } = target;
    const timerId = (): TimerId => this.mintTimerId(slotOf(namespace, key));
    if (command.type === 'CreateTimer') return { ...command, timerId: timerId() };
    if (command.type !== 'AcquireLease' || isThere) return command;
    return { ...command, create: { timerId: timerId(), namespace, key } };
  }

  #fold(
    before: TimerState | null,
    facts: readonly EventWrite['event'][],
    { commandId }: ReadableCommand,
    meta: EventMeta,
  ): Change {
    let [after, last] = [before, before];
    const events = facts.map((event): EventWrite => {
      const write = { version: (after?.version ?? 0) + 1, commandId, event, meta };
      last = after ?? last;
      after = this.timer.evolve(after, write);
      return write;
    });
    return { events, after, last };
  }

  #apply(content: ReadableCommand, found: Stream | null, { events, after, last }: Change): Outcome {
    // a create begins a new life, also under a name whose former life ended in this batch
    const stream = found !== null && found.after !== null ? found : this.#newStream();
    const open = stream.after?.open ?? null;
    stream.after = after;
    stream.events.push(...events);
    if (stream.after === null && last !== null)
      this.#answers.bury(last, [...last.recent, ...commandsOf(stream.events)]);
    const state = stream.after ?? last;
    if (state === null)
      throw new Error(`${content.command.type} was accepted without a timer to show for it`);
    this.#index(state, stream);
    const isClosed = open !== null && content.command.type === 'CloseEvent';
    return isClosed ? { kind: 'applied', state, closed: open } : { kind: 'applied', state };
  }

  /**
   * Nothing had to change. Sent again after something else has changed the timer, the same command would: it is remembered. The
   * relay's own word of a child's end is not: the end of a child that is not open is none, whenever it comes.
   */
  #leave({ commandId, command }: ReadableCommand, state: TimerState): Outcome {
    if (command.type !== 'EndChild') {
      const met = { timerId: state.id, version: state.version };
      this.#unchanged.push({ commandId, ...met });
      this.#answers.leave(commandId, met);
    }
    return { kind: 'applied', state };
  }

  #newStream(): Stream {
    const stream: Stream = { before: null, after: null, events: [] };
    this.#streams.push(stream);
    return stream;
  }

  #index({ id, spec }: TimerState, stream: Stream): void {
    this.#byKey.set(recordKey(spec.namespace, spec.key), stream);
    this.#byId.set(id, stream);
  }

  #streamOf(target: TimerTarget): Stream | null {
    const known =
      'timerId' in target
        ? this.#byId.get(target.timerId)
        : this.#byKey.get(recordKey(target.namespace, target.key));
    if (known !== undefined) return known;
    const state = this.#loadedState(target);
    if (state === undefined) return null;
    // the same timer may have been reached by its id before and by its name now
    const other = this.#byId.get(state.id);
    if (other !== undefined) return other;
    const stream: Stream = { before: state, after: state, events: [] };
    this.#streams.push(stream);
    this.#index(state, stream);
    return stream;
  }

  #loadedState(target: TimerTarget): TimerState | undefined {
    if ('timerId' in target) return this.loaded.byId.get(target.timerId);
    return this.loaded.byKey.get(recordKey(target.namespace, target.key));
  }

  /** The same command id again gets the first outcome again. */
  #earlierOutcome({ commandId, target }: ReadableCommand, key: Buffer | null): Outcome | null {
    const rejection = this.#answers.refusalOf(commandId, key);
    if (rejection !== null) return { kind: 'rejected', rejection };
    const live = this.#streamOf(target)?.after ?? null;
    const first = this.#answers.versionOf(commandId, target, live);
    if (first === null) return null;
    const isUnchanged = live?.id === first.timerId && live.version === first.version;
    return { kind: 'repeated', ...first, state: isUnchanged ? live : null };
  }

  #reject({ source, key, value }: CommandEnvelope, commandId: CommandId | null, given: Rejection): Outcome {
    const rejection = storable(given);
    this.#rejections.push({ commandId, rejection, source, key, value });
    if (commandId !== null) this.#answers.refuse(commandId, key, rejection);
    return { kind: 'rejected', rejection };
  }
}

const commandsOf = (events: readonly EventWrite[]): AppliedCommand[] =>
  events.flatMap(({ commandId, version }) => (commandId === null ? [] : [{ commandId, version }]));

const metaOf = ({ source, actor, traceparent }: CommandEnvelope): EventMeta => ({
  source,
  ...(actor !== undefined && { actor }),
  ...(traceparent !== undefined && { traceparent }),
});

const reasonLengthMax = 2_000;

/** A reason may quote what the sender wrote; Postgres text holds no U+0000, UTF-8 no half of a surrogate pair. */
const storable = (rejection: Rejection): Rejection => ({
  ...rejection,
  message: rejection.message.slice(0, reasonLengthMax).toWellFormed().replaceAll('\u0000', '\ufffd'),
});
