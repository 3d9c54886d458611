import type { CommandId, EpochMs, EventId, TimerId } from './brand.js';
import type { Payload, TimerSpec } from './spec.js';

/**
 * A due event that is not closed yet.
 * - `asking`: the hook was asked whether to go on (pre-schedule); nothing is due yet
 * - `delayed`: the hook asked for time; it is asked again at `nextFireAt`
 * - `answered`: the hook said go; the fire service triggers it at once
 * - `delivered`: emitted, `nextFireAt` is the ack deadline
 * - `retrying`: the attempt failed, `nextFireAt` is the next one
 */
export interface OpenEvent {
  readonly phase: 'asking' | 'delayed' | 'answered' | 'delivered' | 'retrying';
  readonly eventId: EventId;
  /** 1, 2, …; the fencing value: an answer for a former attempt is refused. */
  readonly attempt: number;
  /** Attempts that the retry policy does not count: those before a redrive, handed back, or unheard. */
  readonly attemptsBefore: number;
  /** The attempt was handed back, and waits for the next one. */
  readonly handedBack?: true | undefined;
  /** The tick of the schedule that this firing stands for. */
  readonly scheduledFor: EpochMs;
  /** When it was triggered (the first attempt); until then, when it was asked. */
  readonly startedAt: EpochMs;
  /** Watermark when the event was triggered. */
  readonly watermarkBefore: EpochMs | null;
  /** The last tick that was settled before it; absent: the watermark covers it, or there was none. */
  readonly lastTickBefore?: EpochMs | undefined;
  readonly data: Payload | null;
  readonly manualRequestId: string | null;
  readonly worker: string | null;
  readonly claimed: boolean;
  readonly progress: Payload | null;
  readonly lastError: string | null;
}

/** An event that was given up: what a redrive opens again. */
export interface GivenUpEvent {
  readonly eventId: EventId;
  /** The last one; the next goes on from here. */
  readonly attempt: number;
  readonly scheduledFor: EpochMs;
  readonly startedAt: EpochMs;
  readonly data: Payload | null;
  readonly error: string | null;
  readonly at: EpochMs;
}

/** One of those who hold a timer; the token of a pause without one is empty. */
export interface PauseHold {
  readonly token: string;
  readonly at: EpochMs;
}
export const pauseHoldsMax = 16;
export const pauseTokenMax = 64;

export interface ManualRequest {
  readonly requestId: string;
  readonly requestedAt: EpochMs;
  readonly timeoutMs: number;
  readonly processed: boolean;
  /** The event it became; null while unprocessed, and for ever if it timed out. */
  readonly eventId: EventId | null;
}

/** Held while `until` lies ahead, whoever has noticed; after it, the last one there was. */
export interface Lease {
  readonly holder: string;
  /** Fencing token: the timer's version when it was acquired. It rises for ever. */
  readonly token: number;
  readonly until: EpochMs;
  readonly since: EpochMs;
}

/** What folding a timer's log events gives. Nothing in it is decided twice. */
export interface TimerState {
  readonly id: TimerId;
  readonly spec: TimerSpec;
  /** Number of the last log event of this timer: 1, 2, … */
  readonly version: number;
  readonly createTime: EpochMs;
  readonly watermark: EpochMs | null;
  /** The last tick that was fired or dropped; the next lies strictly after it and after the watermark. */
  readonly lastTick: EpochMs | null;
  /** The planned tick that fires next (without jitter); null: none, or one that waits for the open event. */
  readonly nextTick: EpochMs | null;
  /** The one clock: when someone must look at this timer again, for whatever reason. */
  readonly nextFireAt: EpochMs | null;
  /** Events triggered so far, attempts not counted. */
  readonly fires: number;
  readonly summary: Payload | null;
  readonly open: OpenEvent | null;
  readonly manual: ManualRequest | null;
  readonly pausedAt: EpochMs | null;
  /** Who holds it, the newest last; empty: it is not paused. */
  readonly pausedBy: readonly PauseHold[];
  /** When a pause or a disablement last ended: ticks up to then were missed because of it. */
  readonly resumedAt: EpochMs | null;
  /** What ended at `resumedAt` was a disablement; absent: a pause. */
  readonly wasDisabled?: true | undefined;
  /** When an event last closed, for policies that count from there; null for the others. */
  readonly closedAt: EpochMs | null;
  readonly fault: string | null;
  /** The last event that was given up and not redriven since. */
  readonly givenUp: GivenUpEvent | null;
  readonly endedReason: EndedReason | null;
  /** When it ended last; absent: it never did, or was begun anew since. */
  readonly endedAt?: EpochMs | undefined;
  /** What the last event that closed with a result, or was given up, left; absent: none did. */
  readonly outcome?: Outcome | undefined;
  /** Children that were spawned and have not ended, oldest first. */
  readonly children: readonly TimerId[];
  /** A tick that waits for a child to end (`overlap: queueOne`). */
  readonly waitingTick: EpochMs | null;
  /** The last lease; null: never leased. */
  readonly lease: Lease | null;
  /** The last few answers and the last few other commands that were applied, newest last, and the version each one led to. */
  readonly recent: readonly AppliedCommand[];
  /** Absent: nothing that happened to it was traced. */
  readonly trace?: TraceContexts | undefined;
}

/** How an event ended, kept with the timer so that it can be asked for as long as the timer is there. */
export interface Outcome {
  readonly eventId: EventId;
  readonly attempt: number;
  readonly worker: string | null;
  readonly closedAt: EpochMs;
  readonly result: Payload | null;
  /** Of an event that was given up. */
  readonly error: string | null;
}

/**
 * W3C trace contexts (`traceparent`) that a timer carries, opaque here. The first event after a command belongs to the
 * command's trace; a timer may fire for years, so each later event is a trace of its own, which can name the command's.
 */
export interface TraceContexts {
  /** Of the last command that asked for an event. */
  readonly cause?: string;
  /** An event has begun since. */
  readonly isCauseSpent?: true;
  /** Of what was last sent for the open event. */
  readonly event?: string;
}

/** Came after the first version; a snapshot may be without them. */
export type LaterParts = 'children' | 'waitingTick' | 'lease';

export interface AppliedCommand {
  readonly commandId: CommandId;
  readonly version: number;
  /** A hook's, about an open event: these come with each fire, and push out only one another. Of older versions it is not told. */
  readonly isAnswer?: true;
}

/** Of answers, and of other commands. */
export const recentCommandsMax = 4;

export type EndedReason = 'done' | 'end-at' | 'max-fires' | 'no-next-time' | 'cancelled';

export type TimerStatus = 'waiting' | 'asking' | 'open' | 'paused' | 'disabled' | 'faulted' | 'ended';

/** Nothing is due yet: the hook is still being asked. */
export const isAsking = ({ phase }: OpenEvent): boolean =>
  phase === 'asking' || phase === 'delayed' || phase === 'answered';

/** Whether it has not ended; a timer that is not there has. */
export const isLive = (state: TimerState | null): boolean => state !== null && statusOf(state) !== 'ended';

/** A person's one word for where a timer stands; a fault comes first, then an open event. */
export function statusOf(state: TimerState): TimerStatus {
  if (state.open !== null)
    return state.open.phase === 'asking' || state.open.phase === 'delayed' ? 'asking' : 'open';
  if (state.fault !== null) return 'faulted';
  if (state.endedReason !== null) return 'ended';
  if (state.pausedAt !== null) return 'paused';
  return state.spec.enable ? 'waiting' : 'disabled';
}
