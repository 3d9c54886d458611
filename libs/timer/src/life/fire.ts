import { type EpochMs, type EventId, later, laterBy } from '../brand.js';
import type { ChildName, ConfirmEmission, FaultTimer, FireDue } from '../command.js';
import type { Decision } from '../decider.js';
import type { EventRedelivered, EventTriggered, TicksDropped, TimerEvent } from '../event.js';
import { durationMs } from '../schedule/duration.js';
import { settlePassed } from '../schedule/missed.js';
import { type Plan, planAfterDropped } from '../schedule/plan.js';
import { isAsking, type OpenEvent, type TimerState } from '../state.js';
import { dropQuestion, holdOf } from './asking.js';
import { cancelledEvent } from './cancel.js';
import { deliveryWaitMs, isUnclaimed } from './claim.js';
import { idleClock, keptUntil } from './clock.js';
import { closing } from './closing.js';
import { accept } from './decision.js';
import { resumed } from './hold.js';
import { endedEvents, parentOf } from './replan.js';
import { hasRoom, isFull, isSpawning } from './room.js';
import { childSpawned, overlapped } from './spawn.js';

// What the clock does when it strikes. Only this path triggers, delivers again, asks and gives up: whatever goes out to
// Kafka is decided by the fire service, and goes by its outbox.

export function fireDue(state: TimerState, command: FireDue, now: EpochMs): Decision {
  if (state.nextFireAt === null || state.nextFireAt > now || state.fault !== null) return accept();
  if (state.open !== null)
    return isAsking(state.open) ? goOnAsking(state, state.open, now) : redeliver(state, state.open, now);
  if (state.pausedAt !== null) return accept(resumed(state, 'limit', now));
  if (state.manual !== null && !state.manual.processed) return fireManual(state, command, now);
  if (state.waitingTick !== null && hasRoom(state)) {
    const scheduledFor = state.waitingTick;
    return accept(
      ...begin(
        { ...state, waitingTick: null },
        { ...naming(command), scheduledFor, manualRequestId: null },
        now,
      ),
    );
  }
  return fireTick(state, command, now);
}

/** Who the event and the child of it will be. */
const naming = ({ eventId, child }: FireDue) => ({ eventId, ...(child !== undefined && { child }) });

function fireManual(state: TimerState, command: FireDue, now: EpochMs): Decision {
  const { manual } = state;
  if (manual === null) return accept();
  if (now > manual.requestedAt + manual.timeoutMs || isFull(state)) {
    const nextFireAt = idleClock({ ...state, manual: null }, now);
    return accept({ type: 'ManualTriggerTimedOut', at: now, nextFireAt, requestId: manual.requestId });
  }
  const { requestId: manualRequestId } = manual;
  return accept(...begin(state, { ...naming(command), scheduledFor: now, manualRequestId }, now));
}

function fireTick(state: TimerState, command: FireDue, now: EpochMs): Decision {
  const { spec, nextTick } = state;
  if (nextTick === null) return accept(...overdueEnd(state, now));
  const progress = { ...state, startAt: spec.startAt };
  const { fire, dropped } = settlePassed(spec, progress, nextTick, now);
  const after: Plan =
    fire === null
      ? planAfterDropped(spec, progress, dropped.at(-1)?.last ?? nextTick, now)
      : { tick: fire, ended: null };
  const nextFireAt = fire !== null ? now : idleClock({ ...state, nextTick: after.tick }, now);
  const drops = dropped.map(
    (run): TicksDropped => ({ type: 'TicksDropped', at: now, nextFireAt, nextTick: after.tick, ...run }),
  );
  if (fire === null) {
    const ended = state.waitingTick === null ? after.ended : null;
    return accept(...drops, ...endedEvents({ nextTick: after.tick, nextFireAt, ended }, state, now));
  }
  if (!hasRoom(state)) return accept(...drops, ...overlapped(state, fire, now));
  const lastTick = dropped.findLast(({ last }) => last < fire)?.last ?? state.lastTick;
  return accept(
    ...drops,
    ...begin({ ...state, lastTick }, { ...naming(command), scheduledFor: fire, manualRequestId: null }, now),
  );
}

/** An ended timer whose time to be kept is over. */
function overdueEnd(state: TimerState, now: EpochMs): TimerEvent[] {
  if (state.endedReason === null || state.endedAt === undefined) return [];
  const until = keptUntil(state, state.endedAt);
  return until === null || until > now
    ? []
    : [{ type: 'TimerDeleted', at: now, nextFireAt: null, ...parentOf(state.spec) }];
}

interface Beginning {
  readonly eventId: EventId;
  readonly scheduledFor: EpochMs;
  readonly manualRequestId: string | null;
  /** Of a spawning timer. */
  readonly child?: ChildName;
}

/** A due event begins: with a question where the timer wants one, else at once. */
function begin(state: TimerState, beginning: Beginning, now: EpochMs): TimerEvent[] {
  const { spec } = state;
  if (spec.preSchedule.enable && spec.hookClass !== '') {
    const nextFireAt = laterBy(now, durationMs(spec.preSchedule.timeout));
    return [{ type: 'PreScheduleAsked', at: now, nextFireAt, attempt: 1, ...beginning }];
  }
  return triggered(state, beginning, null, now);
}

function triggered(
  state: TimerState,
  { child, ...beginning }: Beginning,
  eventData: OpenEvent['data'],
  now: EpochMs,
): TimerEvent[] {
  const nextFireAt = laterBy(now, deliveryWaitMs(state, false));
  const event = {
    type: 'EventTriggered',
    at: now,
    nextFireAt,
    attempt: 1,
    startedAt: now,
    eventData,
    ...beginning,
    ...uncovered(state, beginning),
  } as const;
  if (isSpawning(state.spec)) {
    // without a name there can be no child: whoever asks again with one goes on from here
    if (child === undefined) return [];
    const children = [...state.children, child.id];
    return [
      event,
      childSpawned(state, child, beginning.scheduledFor, { at: now, nextFireAt }),
      ...closedByItself({ ...state, children }, beginning, now),
    ];
  }
  return state.spec.hookClass === '' ? [event, ...closedByItself(state, beginning, now)] : [event];
}

/** What a recall would bring back that is settled already; an event that closes itself is not called back, one by hand moves no tick. */
function uncovered(
  { spec, lastTick, watermark }: TimerState,
  { manualRequestId }: Beginning,
): Pick<EventTriggered, 'lastTick'> {
  if (lastTick === null || manualRequestId !== null || spec.hookClass === '') return {};
  return watermark === null || lastTick > watermark ? { lastTick } : {};
}

/** Without a hook class nobody is there to close the event. */
function closedByItself(
  state: TimerState,
  { eventId, scheduledFor, manualRequestId }: Beginning,
  now: EpochMs,
): TimerEvent[] {
  const open = openEvent(state, { eventId, scheduledFor, manualRequestId, startedAt: now });
  const closed = closing({ ...state, open, ...progressOfTrigger(state, open) }, open, undefined, null, now);
  return [...closed.dropped, { type: 'EventClosed', at: now, eventId, attempt: 1, ...closed.progress }];
}

/** The open event right after its trigger; `evolve` makes the same. */
export function openEvent(
  state: TimerState,
  { eventId, scheduledFor, manualRequestId, startedAt }: Beginning & { readonly startedAt: EpochMs },
): OpenEvent {
  return {
    phase: 'delivered',
    eventId,
    attempt: 1,
    attemptsBefore: 0,
    scheduledFor,
    startedAt,
    watermarkBefore: state.watermark,
    data: null,
    manualRequestId,
    worker: null,
    claimed: false,
    progress: null,
    lastError: null,
  };
}

/** A trigger uses up its tick and counts as a fire; a manual one is no tick of the schedule. */
export function progressOfTrigger(state: TimerState, { manualRequestId, scheduledFor, eventId }: OpenEvent) {
  const isManual = manualRequestId !== null;
  return {
    fires: state.fires + 1,
    // a tick that waited, or that excluded ones were dropped with, comes after what is settled already
    lastTick: isManual ? state.lastTick : later(state.lastTick ?? scheduledFor, scheduledFor),
    nextTick: null,
    manual: isManual && state.manual !== null ? { ...state.manual, processed: true, eventId } : state.manual,
  };
}

function goOnAsking(state: TimerState, open: OpenEvent, now: EpochMs): Decision {
  const { eventId, scheduledFor, manualRequestId } = open;
  const beginning = { eventId, scheduledFor, manualRequestId };
  const held = holdOf(state);
  if (held !== null) return dropQuestion(state, open, held, now);
  switch (open.phase) {
    case 'answered':
      return accept(...triggered(state, beginning, open.data, now));
    case 'delayed': {
      const nextFireAt = laterBy(now, durationMs(state.spec.preSchedule.timeout));
      return accept({
        type: 'PreScheduleAsked',
        at: now,
        nextFireAt,
        attempt: open.attempt + 1,
        ...beginning,
      });
    }
    default:
      return state.spec.preSchedule.onTimeout === 'fire'
        ? accept(...triggered(state, beginning, null, now))
        : // nobody answered, and the timer would rather not fire than fire unasked
          dropQuestion(state, open, 'pre-schedule-timeout', now);
  }
}

function redeliver(state: TimerState, open: OpenEvent, now: EpochMs): Decision {
  const { retry } = state.spec;
  if (state.endedReason === 'cancelled') return accept(cancelledEvent(state, open, open.lastError, now));
  const nextFireAt = laterBy(now, deliveryWaitMs(state, false));
  const { eventId, attempt } = open;
  if (isUnclaimed(state, open))
    return accept({ type: 'EventRedelivered', at: now, nextFireAt, eventId, attempt, reason: 'unclaimed' });
  const reason = whyAgain(state, open);
  const isCounted = reason === 'ack-timeout' || reason === 'retry';
  if (isCounted && retry.maxAttempts > 0 && attempt - open.attemptsBefore >= retry.maxAttempts)
    return giveUp(state, open, now);
  return accept({ type: 'EventRedelivered', at: now, nextFireAt, eventId, attempt: attempt + 1, reason });
}

function whyAgain({ spec }: TimerState, open: OpenEvent): EventRedelivered['reason'] {
  if (open.phase !== 'retrying')
    return spec.retry.countUnheard === false && open.worker === null ? 'unheard' : 'ack-timeout';
  if (open.handedBack === true) return 'handed-back';
  return open.attempt === open.attemptsBefore ? 'redriven' : 'retry';
}

function giveUp(state: TimerState, open: OpenEvent, now: EpochMs): Decision {
  const closed = closing(state, open, undefined, null, now);
  return accept(...closed.dropped, {
    type: 'EventGivenUp',
    at: now,
    eventId: open.eventId,
    attempt: open.attempt,
    ...closed.progress,
    error: open.phase === 'retrying' ? open.lastError : `no answer within ${state.spec.ackTimeout}`,
    reason: 'attempts-exhausted',
  });
}

export function confirmEmission(state: TimerState, command: ConfirmEmission, now: EpochMs): Decision {
  const { open, spec } = state;
  if (state.fault !== null || open === null) return accept();
  if (open.eventId !== command.eventId || open.attempt !== command.attempt) return accept();
  if (open.phase !== 'delivered' && open.phase !== 'asking') return accept();
  const waitMs =
    open.phase === 'asking' ? durationMs(spec.preSchedule.timeout) : deliveryWaitMs(state, open.claimed);
  const { eventId, attempt, worker, progress } = open;
  return accept({
    type: 'EventExtended',
    at: now,
    nextFireAt: laterBy(now, waitMs),
    eventId,
    attempt,
    worker,
    progress,
  });
}

export const fault = (state: TimerState, { reason }: FaultTimer, now: EpochMs): Decision =>
  state.fault !== null ? accept() : accept({ type: 'TimerFaulted', at: now, nextFireAt: null, reason });
