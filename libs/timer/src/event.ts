import type { CommandId, EpochMs, EventId, TimerId } from './brand.js';
import type { ParentRef, Payload, TimerSpec } from './spec.js';
import type { EndedReason, LaterParts, TimerState } from './state.js';

/**
 * Facts, past tense, never changed. Every event says when it was decided (`at`, the database's clock) and what the
 * timer's one clock shows after it (`nextFireAt`): whoever follows the log knows when to look without deciding again.
 */
interface Fact {
  readonly at: EpochMs;
  readonly nextFireAt: EpochMs | null;
}
/** A fact that planned the next tick. */
interface Planned {
  readonly nextTick: EpochMs | null;
  /** Edition of the zone data that the tick was computed with; only where it depends on a named zone. */
  readonly tz?: string;
}
interface EventFact extends Fact {
  readonly eventId: EventId;
  readonly attempt: number;
}
/** That nothing is left to come. `parent`: of a child, who is to be told. */
export interface End {
  readonly reason: EndedReason;
  readonly parent?: ParentRef;
}
/** The timer's last event may end it too: then the one fact says both, and no `TimerEnded` follows. */
interface Ending {
  readonly ended?: End;
}

export type TimerCreated = Fact &
  Planned & {
    readonly type: 'TimerCreated';
    readonly timerId: TimerId;
    readonly spec: TimerSpec;
    readonly watermark: EpochMs | null;
    readonly summary: Payload | null;
  };
/** `spec` holds only what changed. */
export type TimerUpdated = Fact &
  Planned & {
    readonly type: 'TimerUpdated';
    readonly spec: Partial<TimerSpec>;
    readonly watermark?: EpochMs | null;
    readonly summary?: Payload | null;
  };
/** `parent`: of a child, who is to be told. `archived`: it ended long ago, and its last state is kept aside. */
export type TimerDeleted = Fact & {
  readonly type: 'TimerDeleted';
  readonly parent?: ParentRef;
  readonly archived?: true;
};
/** `token`: which of several holders paused it. */
export type TimerPaused = Fact & { readonly type: 'TimerPaused'; readonly token?: string };
/** `by`: `limit` when `maxPause` ended it. With a `token` only that holder let go, and others may hold on. */
export type TimerResumed = Fact & {
  readonly type: 'TimerResumed';
  readonly by: 'command' | 'limit';
  readonly token?: string;
  readonly nextTick: EpochMs | null;
};
export type TimerExpired = Fact & { readonly type: 'TimerExpired'; readonly nextTick: EpochMs };
/** An end that no event brings: cancelled, or its schedule has no time left. */
export type TimerEnded = Fact & End & { readonly type: 'TimerEnded' };
export type TimerFaulted = Fact & { readonly type: 'TimerFaulted'; readonly reason: string };
/** Takes the place of everything before it when old log partitions are dropped. */
export type TimerSnapshotted = Fact & {
  readonly type: 'TimerSnapshotted';
  /** One of an older version lacks what came later. */
  readonly state: Omit<TimerState, LaterParts> & Partial<Pick<TimerState, LaterParts>>;
};

export type ManualTriggerRequested = Fact & {
  readonly type: 'ManualTriggerRequested';
  readonly requestId: string;
  readonly timeoutMs: number;
};
export type ManualTriggerTimedOut = Fact & {
  readonly type: 'ManualTriggerTimedOut';
  readonly requestId: string;
};

export type DroppedReason =
  | 'missed-policy'
  | 'paused'
  | 'disabled'
  | 'created-late'
  | 'pre-schedule-timeout'
  | 'overlap'
  | 'end-at'
  | 'excluded';
/** Ticks that will never fire: `count` of them from `first` to `last`, with the reason. Moves `lastTick` to `last`. */
export type TicksDropped = Fact &
  Planned & {
    readonly type: 'TicksDropped';
    readonly reason: DroppedReason;
    readonly first: EpochMs;
    readonly last: EpochMs;
    /** Exact up to `countedTicksMax`; `countIsExact` false: at least so many. */
    readonly count: number;
    readonly countIsExact: boolean;
  };

/** A tick that came while a child was open, kept until it can be spawned. */
export type TickQueued = Fact & Planned & { readonly type: 'TickQueued'; readonly scheduledFor: EpochMs };
/** The child's own `TimerCreated` is written in the same transaction. */
export type ChildSpawned = Fact & {
  readonly type: 'ChildSpawned';
  readonly childId: TimerId;
  readonly childKey: string;
  readonly n: number;
  readonly scheduledFor: EpochMs;
};
export type ChildEnded = Fact & { readonly type: 'ChildEnded'; readonly childId: TimerId };

/** `token` is the version that this event gave the timer. */
export type LeaseAcquired = Fact & {
  readonly type: 'LeaseAcquired';
  readonly holder: string;
  readonly token: number;
  readonly until: EpochMs;
};
export type LeaseRenewed = Fact & {
  readonly type: 'LeaseRenewed';
  readonly holder: string;
  readonly token: number;
  readonly until: EpochMs;
};
export type LeaseReleased = Fact & {
  readonly type: 'LeaseReleased';
  readonly holder: string;
  readonly token: number;
};

export type PreScheduleAsked = EventFact & {
  readonly type: 'PreScheduleAsked';
  readonly scheduledFor: EpochMs;
  readonly manualRequestId: string | null;
};
export type PreScheduleDelayed = EventFact & { readonly type: 'PreScheduleDelayed' };
/** The hook said go, with data for the event; the trigger follows at once. */
export type PreScheduleAnswered = EventFact & {
  readonly type: 'PreScheduleAnswered';
  readonly eventData: Payload | null;
};

export type EventTriggered = EventFact & {
  readonly type: 'EventTriggered';
  readonly scheduledFor: EpochMs;
  readonly startedAt: EpochMs;
  readonly eventData: Payload | null;
  readonly manualRequestId: string | null;
  /** The last tick before this one that is settled, where the watermark does not cover it: a recall must not bring it back. */
  readonly lastTick?: EpochMs;
};
export type EventRedelivered = EventFact & {
  readonly type: 'EventRedelivered';
  /** `unclaimed`: offered again, the same attempt. `unheard`, `handed-back`: the next attempt, and the one before it does not count. */
  readonly reason: 'ack-timeout' | 'retry' | 'unclaimed' | 'unheard' | 'handed-back' | 'redriven';
};
/** `attempt` is the one that failed; `handedBack`: its worker let go of it, and it does not count. */
export type EventRetryScheduled = EventFact & {
  readonly type: 'EventRetryScheduled';
  readonly error: string | null;
  readonly data?: Payload;
  readonly handedBack?: true;
};
export type EventExtended = EventFact & {
  readonly type: 'EventExtended';
  readonly worker: string | null;
  readonly progress: Payload | null;
};
/** The attempt is the worker's now; a take-over begins the next one. */
export type EventClaimed = EventFact & { readonly type: 'EventClaimed'; readonly worker: string };
export type EventClosed = EventFact &
  Planned &
  Ending & {
    readonly type: 'EventClosed';
    readonly watermark: EpochMs | null;
    readonly summary?: Payload | null;
    readonly result?: Payload | null;
  };
/** Closes as a close does; the due event then goes to the dead-letter topic. */
export type EventGivenUp = EventFact &
  Planned &
  Ending & {
    readonly type: 'EventGivenUp';
    readonly watermark: EpochMs | null;
    readonly error: string | null;
    readonly reason: 'attempts-exhausted';
  };

/** The timer was cancelled, so no attempt follows; the watermark stays. `error`: why the last attempt failed, if it did. */
export type EventCancelled = EventFact & { readonly type: 'EventCancelled'; readonly error: string | null };
/** An event that was given up is open again, and its attempts are counted anew; `attempt` is the last one so far. */
export type EventRedriven = EventFact & { readonly type: 'EventRedriven' };

/** Called back before anybody began to handle it: `nextTick` is still to come. */
export type EventRecalled = EventFact & {
  readonly type: 'EventRecalled';
  /** Its own; of one by hand, the next one of the schedule. */
  readonly nextTick: EpochMs | null;
  /** It was one by hand, whose request is made anew. */
  readonly manualRequestId?: string;
};

export type TimerEvent =
  | TimerCreated
  | TimerUpdated
  | TimerDeleted
  | TimerPaused
  | TimerResumed
  | TimerExpired
  | TimerEnded
  | TimerFaulted
  | TimerSnapshotted
  | ManualTriggerRequested
  | ManualTriggerTimedOut
  | TicksDropped
  | TickQueued
  | ChildSpawned
  | ChildEnded
  | LeaseAcquired
  | LeaseRenewed
  | LeaseReleased
  | PreScheduleAsked
  | PreScheduleDelayed
  | PreScheduleAnswered
  | EventTriggered
  | EventRedelivered
  | EventRetryScheduled
  | EventExtended
  | EventClaimed
  | EventClosed
  | EventGivenUp
  | EventCancelled
  | EventRedriven
  | EventRecalled;

export type TimerEventType = TimerEvent['type'];

/** A fact in its place: the version it gave the timer, and the command that caused it (null: the clock). */
export interface RecordedEvent {
  readonly version: number;
  readonly commandId: CommandId | null;
  readonly event: TimerEvent;
  readonly meta?: {
    /** W3C trace context it was written in. */
    readonly traceparent?: string;
  };
}
