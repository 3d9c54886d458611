import {
  type ChildName,
  type ChildSpawned,
  childKeyOf,
  createChild,
  type EventId,
  isSpawning,
  slotOf,
  type TimerCommand,
  type TimerEvent,
  type TimerId,
  type TimerState,
  traceOfFiring,
} from '#timer';
import type { Decider } from '../commands/decide-all.js';
import type { ArmedTimer } from '../log/due-index.js';
import {
  type EmissionId,
  type EventMeta,
  type EventWrite,
  type LoadedTimers,
  recordKey,
  type SettledEmission,
  type StreamWrite,
  type TimerName,
  type TransactionWrites,
} from '../log/timer-log.js';
import { type Emission, emissionOf } from './emission.js';

/** An outbox row that Kafka has answered for. `late` names its timers if their deadlines must count from now. */
export interface Acknowledged {
  readonly id: EmissionId;
  readonly late: readonly TimerId[];
  /** What was acknowledged. */
  readonly emissions: readonly Emission[];
  /** What was not, and rests for so long before it is sent again; null: nothing. */
  readonly refused: { readonly emissions: readonly Emission[]; readonly restMs: number } | null;
}

export interface DueDecision {
  readonly writes: TransactionWrites;
  readonly emissions: readonly Emission[];
  /** The clocks of all timers that changed, to be armed at once. */
  readonly clocks: readonly (
    | ArmedTimer
    | { readonly timerId: TimerId; readonly version: number; readonly dueAt: null }
  )[];
  /** Not decided for lack of time, and to be looked at again. */
  readonly left: readonly TimerId[];
  /** Not decided because what was last sent for them has not arrived; to be looked at again when it has. */
  readonly heldBack: ReadonlySet<TimerId>;
}

export interface Bounds {
  /** Timers whose own data has failed their batch, and how. */
  readonly faults: ReadonlyMap<TimerId, string>;
  /** Asked before each timer but the first. */
  readonly isTimeOver: () => boolean;
}

/** W3C trace context of what is about to be sent for a timer; undefined: none. */
export type TraceOf = (before: TimerState) => string | undefined;

export interface Mint {
  eventId(): EventId;
  emissionId(): EmissionId;
  slotOf(timerId: TimerId): number;
  /** Of a child. */
  timerId(slot: number): TimerId;
  /** Whether the transaction's database holds it; absent: it holds all. */
  isHere?(slot: number): boolean;
}

/** What the children of the due timers would be called. */
export const childNames = (loaded: LoadedTimers): TimerName[] =>
  loaded.due.flatMap(({ state }) =>
    isSpawning(state.spec) ? [{ namespace: state.spec.namespace, key: childKeyOf(state) }] : [],
  );

/** Pure but for the ids it mints: what becomes of the timers whose time has come. */
export function decideDue(
  loaded: LoadedTimers,
  acknowledged: readonly Acknowledged[],
  timer: Decider,
  mint: Mint,
  { faults, isTimeOver }: Bounds,
  traceOf: TraceOf = traceOfFiring,
): DueDecision {
  const emissionId = mint.emissionId();
  const streams: StreamWrite[] = [];
  const emissions: Emission[] = [];
  const entries: { timerId: TimerId; version: number }[] = [];

  const run = (state: TimerState, command: TimerCommand): void => {
    const decision = timer.decide(state, command, loaded.now);
    if (!decision.ok || decision.events.length === 0) return;
    const isSent = decision.events.some(({ type }) => sendingTypes.has(type));
    const meta = metaOf(isSent ? traceOf(state) : state.trace?.event);
    const stream = fold(timer, state, decision.events, meta);
    for (const { emission, version } of stream.emissions) {
      emissions.push(emission);
      entries.push({ timerId: state.id, version });
    }
    streams.push({
      before: state,
      after: stream.after,
      events: stream.events,
      emission: stream.emissions.length > 0 ? emissionId : null,
    });
    streams.push(...spawnedStreams(timer, state, decision.events, meta));
  };

  const left: TimerId[] = [];
  const heldBack = new Set<TimerId>();
  for (const [n, { state, emissionPending }] of loaded.due.entries()) {
    if (left.length > 0 || (n > 0 && isTimeOver())) {
      left.push(state.id);
      continue;
    }
    const fault = faults.get(state.id);
    if (fault !== undefined) run(state, { type: 'FaultTimer', commandId: null, reason: fault });
    // what was sent last has not arrived in Kafka yet: no deadline counts, no attempt is used up
    else if (emissionPending && state.open !== null) heldBack.add(state.id);
    else
      run(state, {
        type: 'FireDue',
        commandId: null,
        eventId: mint.eventId(),
        ...childOf(state, loaded, mint),
      });
  }
  const late = new Set(acknowledged.flatMap((one) => one.late));
  // a deadline that was held back until this acknowledgement counts from now
  const due = new Set(loaded.due.map(({ state }) => state.id).filter((id) => !heldBack.has(id)));
  // two batches of one timer may be acknowledged at once: its deadline counts from now, once
  for (const timerId of late) {
    const state = loaded.byId.get(timerId);
    if (state?.open == null || due.has(timerId)) continue;
    run(state, {
      type: 'ConfirmEmission',
      commandId: null,
      eventId: state.open.eventId,
      attempt: state.open.attempt,
    });
  }
  return {
    writes: {
      streams,
      rejections: [],
      emission: entries.length > 0 ? { id: emissionId, entries } : null,
      unchanged: [],
      emitted: acknowledged.map(settled),
    },
    emissions,
    left,
    heldBack,
    clocks: streams.flatMap(({ after }) =>
      after === null
        ? []
        : [
            {
              timerId: after.id,
              slot: mint.slotOf(after.id),
              version: after.version,
              dueAt: after.nextFireAt,
            },
          ],
    ),
  };
}

function settled({ id, refused }: Acknowledged): SettledEmission {
  if (refused === null) return { id, refused };
  const { emissions, restMs } = refused;
  const entries = emissions.map(({ state }) => ({ timerId: state.id, version: state.version }));
  const present = emissions.filter(({ kind }) => kind !== 'dead').map(({ state }) => state.id);
  return { id, refused: { entries, present, restMs } };
}

/**
 * A child of a former timer of this name may still be there: then the new one is told from it by its end. So is one whose
 * name would put it into another database than its parent's, until it lies in the same: it begins in the tick's own
 * transaction, whatever becomes of the other databases.
 */
function childOf(state: TimerState, { taken }: LoadedTimers, mint: Mint): { child?: ChildName } {
  if (!isSpawning(state.spec)) return {};
  const { namespace } = state.spec;
  const plain = childKeyOf(state);
  const isFree = (key: string): boolean =>
    !taken?.has(recordKey(namespace, key)) && (mint.isHere?.(slotOf(namespace, key)) ?? true);
  let key = plain;
  while (!isFree(key)) key = `${plain}~${mint.eventId().slice(-12)}`;
  return { child: { id: mint.timerId(slotOf(namespace, key)), key } };
}

/** Children begin in the transaction of the tick that made them. */
function spawnedStreams(
  timer: Decider,
  parent: TimerState,
  events: readonly EventWrite['event'][],
  meta: EventMeta,
): StreamWrite[] {
  return events
    .filter((event): event is ChildSpawned => event.type === 'ChildSpawned')
    .map((spawned) => {
      const { after, events: writes } = fold(timer, null, createChild(parent, spawned), meta);
      return { before: null, after, events: writes, emission: null };
    });
}

/** Facts that the fire service tells to others, or that begin something. */
const sendingTypes: ReadonlySet<TimerEvent['type']> = new Set([
  'EventTriggered',
  'EventRedelivered',
  'PreScheduleAsked',
  'ChildSpawned',
]);

const untraced: EventMeta = Object.freeze({});
const metaOf = (traceparent: string | undefined): EventMeta =>
  traceparent === undefined ? untraced : { traceparent };

function fold(
  timer: Decider,
  from: TimerState | null,
  events: readonly EventWrite['event'][],
  meta: EventMeta,
) {
  let after: TimerState | null = from;
  const writes: EventWrite[] = [];
  const emissions: { emission: Emission; version: number }[] = [];
  for (const event of events) {
    const before: TimerState | null = after;
    const version: number = (before?.version ?? 0) + 1;
    const write: EventWrite = { version, commandId: null, event, meta };
    after = timer.evolve(before, write);
    writes.push(write);
    const emission = emissionOf(event, before, after);
    if (emission !== null) emissions.push({ emission, version });
  }
  return { after, events: writes, emissions };
}
