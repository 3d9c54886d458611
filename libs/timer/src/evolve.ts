import { type CommandId, type EpochMs, later } from './brand.js';
import type { Evolve } from './decider.js';
import type { End, TimerEvent, TimerSnapshotted } from './event.js';
import { processedManual } from './life/asking.js';
import { givenUp, reopened } from './life/cancel.js';
import { afterClose } from './life/closing.js';
import { newTimer } from './life/create.js';
import { openEvent, progressOfTrigger } from './life/fire.js';
import { heldBy, letGoBy } from './life/hold.js';
import { recalled } from './life/recall.js';
import { isSpawning } from './life/room.js';
import { without } from './life/spawn.js';
import {
  type AppliedCommand,
  isAsking,
  type OpenEvent,
  type Outcome,
  recentCommandsMax,
  type TimerState,
} from './state.js';
import { traced } from './trace.js';

/** Total: history is a fact. An event that does not fit leaves the state as it was, but for its version. */
export const evolve: Evolve = (state, recorded) => {
  const { event, version, commandId } = recorded;
  if (event.type === 'TimerDeleted') return null;
  const before = event.type === 'TimerSnapshotted' ? wholeState(event.state) : (state ?? beginning(event));
  if (before === null) return null;
  const after = traced({ ...apply(before, event), version, nextFireAt: event.nextFireAt }, recorded);
  if (commandId === null || unremembered.has(event.type)) return after;
  return { ...after, recent: remembered(after.recent, applied(commandId, version, event)) };
};

/** They come often, would push every other command out of the few that are remembered, and do no harm when repeated. */
const unremembered: ReadonlySet<TimerEvent['type']> = new Set([
  'EventExtended',
  'LeaseRenewed',
  'ChildEnded',
  // never all that a command does: what follows tells whether it was an answer
  'TicksDropped',
]);

const ofAnswers: ReadonlySet<TimerEvent['type']> = new Set([
  'PreScheduleDelayed',
  'PreScheduleAnswered',
  'EventClaimed',
  'EventRetryScheduled',
  'EventClosed',
]);
const applied = (commandId: CommandId, version: number, { type }: TimerEvent): AppliedCommand =>
  ofAnswers.has(type) ? { commandId, version, isAnswer: true } : { commandId, version };

/** A state that was written down whole, perhaps by an older version. */
export const wholeState = (state: TimerSnapshotted['state']): TimerState => ({
  ...state,
  children: state.children ?? [],
  waitingTick: state.waitingTick ?? null,
  lease: state.lease ?? null,
});

const beginning = (event: TimerEvent): TimerState | null =>
  event.type === 'TimerCreated'
    ? newTimer(event.timerId, event.spec, event.at, event.watermark, event.summary)
    : null;

function remembered(recent: TimerState['recent'], command: AppliedCommand): TimerState['recent'] {
  const others = recent.at(-1)?.commandId === command.commandId ? recent.slice(0, -1) : recent;
  const alike = others.filter(({ isAnswer }) => isAnswer === command.isAnswer);
  const kept = alike.length < recentCommandsMax ? others : others.filter((other) => other !== alike[0]);
  return [...kept, command];
}

function apply(state: TimerState, event: TimerEvent): TimerState {
  switch (event.type) {
    case 'TimerCreated':
      return { ...state, nextTick: event.nextTick };
    case 'TimerUpdated':
      return updated(state, event);
    case 'TimerPaused':
      return heldBy(state, event.token, event.at);
    case 'TimerResumed':
      return { ...letGoBy(state, event.token, event.at), nextTick: event.nextTick };
    case 'TimerExpired':
      return { ...state, pausedAt: null, pausedBy: [], nextTick: event.nextTick };
    case 'TimerEnded':
      return ended(state, event, event.at);
    case 'TimerFaulted':
      return { ...state, fault: event.reason };
    case 'ManualTriggerRequested': {
      const { requestId, timeoutMs, at } = event;
      return { ...state, manual: { requestId, requestedAt: at, timeoutMs, processed: false, eventId: null } };
    }
    case 'ManualTriggerTimedOut':
      return { ...state, manual: state.manual === null ? null : { ...state.manual, processed: true } };
    case 'TicksDropped':
      return dropped(state, event);
    case 'TickQueued': {
      const { scheduledFor, nextTick } = event;
      return { ...state, waitingTick: scheduledFor, lastTick: scheduledFor, nextTick };
    }
    case 'ChildSpawned':
      return spawned(state, event);
    case 'ChildEnded':
      return { ...state, children: without(state.children, event.childId) };
    case 'LeaseAcquired': {
      const { holder, token, until, at } = event;
      return { ...state, lease: { holder, token, until, since: at } };
    }
    case 'LeaseRenewed':
      return { ...state, lease: state.lease === null ? null : { ...state.lease, until: event.until } };
    case 'LeaseReleased':
      return { ...state, lease: state.lease === null ? null : { ...state.lease, until: event.at } };
    case 'TimerDeleted':
    case 'TimerSnapshotted':
      return state;
    default:
      return applyToOpen(state, event);
  }
}

/** A child that a person asked for leaves the tick that waits where it is. */
function spawned(
  state: TimerState,
  { childId, scheduledFor }: Extract<TimerEvent, { type: 'ChildSpawned' }>,
): TimerState {
  const wasWaiting = scheduledFor === state.waitingTick && state.open?.manualRequestId == null;
  const children = [...state.children, childId];
  return { ...state, children, waitingTick: wasWaiting ? null : state.waitingTick };
}

function updated(
  state: TimerState,
  { spec, watermark, summary, nextTick, at }: Extract<TimerEvent, { type: 'TimerUpdated' }>,
): TimerState {
  const changed = { ...state.spec, ...spec };
  return {
    ...state,
    // the same object where nothing changed: writers tell by identity
    spec: Object.keys(spec).length === 0 ? state.spec : changed,
    fault: null,
    endedReason: null,
    endedAt: undefined,
    nextTick,
    waitingTick: isSpawning(changed) ? state.waitingTick : null,
    ...(changed.enable && !state.spec.enable && { resumedAt: at, wasDisabled: true }),
    ...(watermark !== undefined && { watermark, lastTick: null }),
    ...(summary !== undefined && { summary }),
  };
}

function dropped(
  state: TimerState,
  { last, nextTick }: Extract<TimerEvent, { type: 'TicksDropped' }>,
): TimerState {
  const lastTick = state.lastTick === null ? last : later(state.lastTick, last);
  const after = { ...state, lastTick, nextTick };
  // the question of a tick that is dropped is over
  if (state.open === null || !isAsking(state.open) || last < state.open.scheduledFor) return after;
  return { ...after, open: null, manual: processedManual(state, state.open) };
}

type OpenFact = Extract<TimerEvent, { eventId: OpenEvent['eventId'] }>;

function applyToOpen(state: TimerState, event: OpenFact): TimerState {
  if (event.type === 'EventTriggered') return triggered(state, event);
  if (event.type === 'PreScheduleAsked') return asked(state, event);
  if (event.type === 'EventRedriven') return reopened(state);
  const { open } = state;
  if (open === null) return state;
  const now = event.at;
  switch (event.type) {
    case 'PreScheduleDelayed':
      return { ...state, open: { ...open, phase: 'delayed' } };
    case 'PreScheduleAnswered':
      return { ...state, open: { ...open, phase: 'answered', data: event.eventData } };
    case 'EventRedelivered':
      return {
        ...state,
        open: {
          ...open,
          phase: 'delivered',
          attempt: event.attempt,
          attemptsBefore: open.attemptsBefore + (event.reason === 'unheard' ? 1 : 0),
          handedBack: undefined,
          worker: null,
          claimed: false,
          progress: null,
        },
      };
    case 'EventRetryScheduled':
      return { ...state, open: retried(open, event) };
    case 'EventExtended':
      return { ...state, open: { ...open, worker: event.worker, progress: event.progress } };
    case 'EventClaimed':
      return { ...state, open: claimed(open, event) };
    case 'EventClosed':
      return {
        ...closed(state, open, event),
        ...(event.summary !== undefined && { summary: event.summary }),
        ...(event.result !== undefined && { outcome: outcome(open, event.result, null, now) }),
      };
    case 'EventGivenUp':
      return {
        ...closed(state, open, event),
        outcome: outcome(open, null, event.error, now),
        givenUp: givenUp(open, event),
      };
    case 'EventRecalled':
      return recalled(state, open, event);
    case 'EventCancelled':
      return { ...state, open: null, nextTick: null, manual: processedManual(state, open) };
  }
}

const retried = (
  open: OpenEvent,
  { error, data, handedBack }: Extract<TimerEvent, { type: 'EventRetryScheduled' }>,
): OpenEvent => ({
  ...open,
  phase: 'retrying',
  attemptsBefore: open.attemptsBefore + (handedBack === true ? 1 : 0),
  handedBack,
  lastError: error,
  data: data ?? open.data,
});

/** A claim that takes over begins the next attempt. */
const claimed = (open: OpenEvent, event: Extract<TimerEvent, { type: 'EventClaimed' }>): OpenEvent => ({
  ...open,
  phase: 'delivered',
  handedBack: undefined,
  attempt: event.attempt,
  worker: event.worker,
  claimed: true,
  progress: event.attempt === open.attempt ? open.progress : null,
});

const outcome = (
  { eventId, attempt, worker }: OpenEvent,
  result: Outcome['result'],
  error: string | null,
  closedAt: EpochMs,
): Outcome => ({ eventId, attempt, worker, closedAt, result, error });

/** The end of older events is a fact of its own that follows. */
function closed(
  state: TimerState,
  open: OpenEvent,
  { watermark, nextTick, at, ended: end }: Extract<TimerEvent, { type: 'EventClosed' | 'EventGivenUp' }>,
): TimerState {
  const after = { ...afterClose(state, open, watermark, at), nextTick };
  return end === undefined ? after : ended(after, end, at);
}

const ended = (state: TimerState, { reason }: End, at: EpochMs): TimerState => ({
  ...state,
  endedReason: reason,
  endedAt: at,
  nextTick: null,
  waitingTick: null,
});

function triggered(state: TimerState, event: Extract<TimerEvent, { type: 'EventTriggered' }>): TimerState {
  const { eventData: data, lastTick: lastTickBefore } = event;
  const open = {
    ...openEvent(state, event),
    data,
    ...(lastTickBefore !== undefined && { lastTickBefore }),
  };
  return { ...state, open, ...progressOfTrigger(state, open) };
}

function asked(state: TimerState, event: Extract<TimerEvent, { type: 'PreScheduleAsked' }>): TimerState {
  const open = openEvent(state, { ...event, startedAt: event.at });
  return { ...state, nextTick: null, open: { ...open, phase: 'asking', attempt: event.attempt } };
}
