import type { CommandId, EpochMs, EventId, TimerId } from './brand.js';
import type { Payload, TimerChange, TimerInput } from './spec.js';

/** Refuse unless the timer is as the sender saw it. On every command that changes a timer. */
export interface Check {
  readonly version?: number;
  readonly eventId?: EventId;
  /** Refuse if a worker has claimed the open event: its work has begun, and cannot be called back. */
  readonly unclaimed?: true;
  /** Refuse if the timer has ended. */
  readonly live?: true;
}

/** Of commands that may call back an event that fired and that no worker has begun. */
export interface Recalls {
  /** The open event goes back to its schedule, as if its time had not come; one that is claimed refuses the command. */
  readonly recall?: true;
}

interface Addressed {
  readonly commandId: CommandId;
  readonly check?: Check;
}

/** `timerId` is minted by the one who calls `decide`: the aggregate has no randomness. */
export type CreateTimer = Addressed & {
  readonly type: 'CreateTimer';
  readonly timerId: TimerId;
  readonly namespace: string;
  readonly key: string;
  readonly timer: TimerInput;
};
export type UpdateTimer = Addressed & Recalls & { readonly type: 'UpdateTimer'; readonly set: TimerChange };
export type DeleteTimer = Addressed & { readonly type: 'DeleteTimer' };
export type TriggerTimer = Addressed & {
  readonly type: 'TriggerTimer';
  readonly requestId: string;
  readonly timeout?: string;
};
/** `token` names one of several that hold the timer at a time; it goes on when the last of them resumes. */
export type PauseTimer = Addressed & Recalls & { readonly type: 'PauseTimer'; readonly token?: string };
/** With the `token` of a pause: that one ends. Without: all of them do. */
export type ResumeTimer = Addressed & { readonly type: 'ResumeTimer'; readonly token?: string };
/** Fire now, whatever the schedule says, also while paused. */
export type ExpireTimer = Addressed & { readonly type: 'ExpireTimer' };
/** Ends the timer for good, and keeps its name: no attempt follows. An attempt under way may still be closed. */
export type CancelTimer = Addressed & { readonly type: 'CancelTimer' };
/** Opens the event that was given up again, with its data, and as many attempts as a new one has. */
export type RedriveEvent = Addressed & {
  readonly type: 'RedriveEvent';
  /** Absent: whichever was given up last. */
  readonly eventId?: EventId;
};

/** Makes the timer if there is none of that name: one that never fires and is never deleted. */
export type AcquireLease = Addressed & {
  readonly type: 'AcquireLease';
  readonly holder: string;
  /** A duration. */
  readonly ttl: string;
  /** Who it becomes if it is not there; absent when it was named by its id. */
  readonly create?: { readonly timerId: TimerId; readonly namespace: string; readonly key: string };
};
export type RenewLease = Addressed & {
  readonly type: 'RenewLease';
  readonly holder: string;
  readonly token: number;
  readonly ttl: string;
};
export type ReleaseLease = Addressed & {
  readonly type: 'ReleaseLease';
  readonly holder: string;
  /** Absent: whichever this holder has, for one that never heard whether it got it. */
  readonly token?: number;
};

/** A child has ended or was deleted: sent by the relay, as often as it likes. The command's id is the child's. */
export type EndChild = Addressed & {
  readonly type: 'EndChild';
  readonly parentId: TimerId;
  readonly childId: TimerId;
};

interface Answer extends Addressed {
  readonly eventId: EventId;
  /** Absent: the present one (typed by an operator). Hooks always send it. */
  readonly attempt?: number;
  /** Who answers; of a claimed attempt only its worker may. Absent: not asked. */
  readonly worker?: string;
}
export type CloseEvent = Answer & {
  readonly type: 'CloseEvent';
  readonly watermark?: EpochMs | null;
  readonly summary?: Payload | null;
  readonly result?: Payload | null;
  /** `ON_CLOSE` only: when to fire next; absent: the timer ends. */
  readonly nextFireAt?: EpochMs;
};
export type RetryEvent = Answer & {
  readonly type: 'RetryEvent';
  readonly error?: string;
  /** At most one of the two; neither: the retry policy's backoff. */
  readonly after?: string;
  readonly at?: EpochMs;
  /** Replaces the event's data for the attempts to come. */
  readonly data?: Payload;
  /** The worker lets go of it without having failed: the next attempt begins at once unless `after` or `at` says when, and none is counted. */
  readonly handBack?: true;
};
export type HeartbeatEvent = Answer & {
  readonly type: 'HeartbeatEvent';
  readonly progress?: Payload;
};
export type ClaimEvent = Answer & {
  readonly type: 'ClaimEvent';
  readonly worker: string;
  /** Also if somebody else has it: then the next attempt begins, and the former worker's answers are stale. */
  readonly takeOver?: boolean;
};
export type AnswerPreSchedule = Answer & {
  readonly type: 'AnswerPreSchedule';
  readonly delay?: string;
  readonly eventData?: Payload;
};

/** The clock's own command: look at a timer whose `nextFireAt` has come. `eventId` is used if an event begins. */
export interface FireDue {
  readonly type: 'FireDue';
  readonly commandId: null;
  readonly eventId: EventId;
  /** Of a spawning timer: who the child of this tick will be. */
  readonly child?: ChildName;
}
export interface ChildName {
  readonly id: TimerId;
  readonly key: string;
}
/** Written when a timer's own data fails the fire path; it is never tried again by itself. */
export interface FaultTimer {
  readonly type: 'FaultTimer';
  readonly commandId: null;
  readonly reason: string;
}
/** An emission reached Kafka later than it should: the ack deadline counts from now. */
export interface ConfirmEmission {
  readonly type: 'ConfirmEmission';
  readonly commandId: null;
  readonly eventId: EventId;
  readonly attempt: number;
}
/** Before the log's oldest part is dropped: the state is written down whole, and folding begins there. */
export interface SnapshotTimer {
  readonly type: 'SnapshotTimer';
  readonly commandId: null;
}
/** A timer that ended before this moment leaves for the archive; any other stays as it is. */
export interface ArchiveTimer {
  readonly type: 'ArchiveTimer';
  readonly commandId: null;
  readonly endedBefore: EpochMs;
}

export type ClientCommand =
  | CreateTimer
  | UpdateTimer
  | DeleteTimer
  | TriggerTimer
  | PauseTimer
  | ResumeTimer
  | ExpireTimer
  | CancelTimer
  | RedriveEvent
  | CloseEvent
  | RetryEvent
  | HeartbeatEvent
  | ClaimEvent
  | AnswerPreSchedule
  | AcquireLease
  | RenewLease
  | ReleaseLease
  | EndChild;
export type TimerCommand =
  | ClientCommand
  | FireDue
  | FaultTimer
  | ConfirmEmission
  | SnapshotTimer
  | ArchiveTimer;
