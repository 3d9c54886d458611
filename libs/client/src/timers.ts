import type { z } from 'zod';
import type {
  HistoryEventWire,
  LeaseRecord,
  OutlookWire,
  PreviewAnswerWire,
  previewRequest,
  TimerChangeWire,
  TimerConditionWire,
  TimerCountWire,
  TimerInputWire,
  TimerRecord,
  timerOrder,
  WatchMessage,
  WhyAnswerWire,
} from '#contract';
import type { Body, Check, TimerRef } from './command-of.js';

/** Of every call. */
export interface ReadOptions {
  /** How long the call may take, ms; `Infinity`: as long as it takes. */
  readonly timeoutMs?: number;
  /** Ends the call with its reason; what it asked for may still happen. */
  readonly signal?: AbortSignal;
}

export interface CallOptions extends ReadOptions {
  /** A UUID. Sent again with the same id, a command gets its first outcome again. */
  readonly commandId?: string;
  /** Who asks; kept in the timer's history. */
  readonly actor?: string;
}

/** Of calls that change a timer which is there. */
export interface ChangeOptions extends CallOptions {
  readonly check?: Check;
}

/** Of updates and pauses. */
export interface RecallOptions extends ChangeOptions {
  /** An event that fired and that nobody has claimed goes back to its schedule. @throws AlreadyClaimedError */
  readonly recall?: true;
}

/** Of pauses and resumes. */
export interface HoldOptions extends ChangeOptions {
  /** One of several who hold the timer, 1 to 64 characters: it goes on when the last of them resumes. */
  readonly token?: string;
}

export interface TriggerOptions extends ChangeOptions {
  /** After how long the request is given up if the timer cannot fire, a duration; default `2m`. */
  readonly timeout?: string;
}

export interface NewTimer extends TimerInputWire {
  readonly key: string;
  readonly namespace?: string;
}

/** The timer as it was, instead of as it is: at most one of the two. */
export interface PastOptions extends ReadOptions {
  /** RFC 3339. */
  readonly at?: string;
  readonly version?: number;
}

export interface ListOptions extends ReadOptions {
  readonly order?: z.input<typeof timerOrder>;
  /** Timers a page, 1 to 1,000; default 100. */
  readonly limit?: number;
}
export interface PageOptions extends ListOptions {
  /** `next` of the page before. */
  readonly after?: string;
}

export interface TimerPage {
  readonly timers: readonly TimerRecord[];
  /** Where the next page begins; absent: this is the last one. Good for this condition and order only. */
  readonly next?: string;
}

export interface CountOptions extends ReadOptions {
  /** Counting stops here. */
  readonly max?: number;
}

export interface NextOptions extends ReadOptions {
  /** How many fires; default 10. */
  readonly count?: number;
}

export interface HistoryOptions extends ReadOptions {
  /** A version: only later events. */
  readonly after?: number;
  /** RFC 3339: recorded at `from` or later, before `to`. */
  readonly from?: string;
  readonly to?: string;
  /** Events a page. */
  readonly limit?: number;
}

export interface WhyOptions extends ReadOptions {
  /** RFC 3339; default a day before `to`, which is now. */
  readonly from?: string;
  readonly to?: string;
}

export interface WatchOptions {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** Each change brings the timer as it is after it. */
  readonly include?: 'timer';
  /** `position` of a change that was seen before: go on after it. */
  readonly after?: string;
  /** From here on nothing is missed. Called again after each resumption. What it throws ends the watch. */
  readonly onReady?: () => void;
}

/** `position` is good for `after`, also in another process and at another time. */
export type WatchedChange = WatchMessage & { readonly position: string };

export type PreviewQuery = z.input<typeof previewRequest>;

/**
 * Timers, wherever they are: `TimerClient` reaches a running Carillon, `InMemoryTimers` of the test kit holds them itself.
 * Every refusal is an error of a class of its own. A call with a `commandId` that was applied before answers the timer as it was then,
 * if need be by a read. @throws OutcomeNotToldError where that cannot be read
 */
export interface Timers {
  getDefaultNamespace(): string;

  /** @throws TimerExistsError, InvalidSpecError */
  createTimer(timer: NewTimer, options?: CallOptions): Promise<TimerRecord>;
  /** Each by itself: outcomes in the order given, an error in the place of what was refused. */
  createTimers(
    timers: readonly NewTimer[],
    options?: Omit<CallOptions, 'commandId'>,
  ): Promise<PromiseSettledResult<TimerRecord>[]>;
  /** Changes what `set` names; `null` clears. `hookClass` needs `recall`. @throws TimerNotExistError, VersionNotMatchError, InvalidSpecError, AlreadyClaimedError */
  updateTimer(ref: TimerRef, set: TimerChangeWire, options?: RecallOptions): Promise<TimerRecord>;
  /** True: it was there, and is no more. False: there was none; that is no error. @throws VersionNotMatchError */
  deleteTimer(ref: TimerRef, options?: ChangeOptions): Promise<boolean>;
  /**
   * Fires the timer now, beside its schedule. Answers the request's id, which the timer shows as `manualRequest` and the due event
   * carries. If `check.version` is given and the timer has moved on, it is read again and tried anew, five times in all, with
   * the same request id.
   * @throws EventOpenError, TimerDisabledError, ManualRequestPendingError
   */
  manualTriggerEvent(ref: TimerRef, options?: TriggerOptions): Promise<string>;
  pauseTimer(ref: TimerRef, options?: HoldOptions & RecallOptions): Promise<TimerRecord>;
  /** Without a `token` whoever holds the timer lets go. @throws TimerNotPausedError */
  resumeTimer(ref: TimerRef, options?: HoldOptions): Promise<TimerRecord>;
  /** Fires now, whatever the schedule says, also while paused. */
  expireTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord>;

  /** Ends the timer and keeps its name; an attempt under way is the last. Safe to repeat. @throws TimerEndedError */
  cancelTimer(ref: TimerRef, options?: ChangeOptions): Promise<TimerRecord>;
  /** Opens the event that was given up again. @throws NotGivenUpError */
  redriveEvent(ref: TimerRef, options?: ChangeOptions & { readonly eventId?: string }): Promise<TimerRecord>;

  /** @throws EventIdNotMatchError, StaleAttemptError, NoOpenEventError: the event is not the caller's any more */
  closeTimerEvent(ref: TimerRef, close: Body<'CloseEvent'>, options?: ChangeOptions): Promise<TimerRecord>;
  retryEvent(ref: TimerRef, retry: Body<'RetryEvent'>, options?: ChangeOptions): Promise<TimerRecord>;
  heartbeatEvent(ref: TimerRef, beat: Body<'HeartbeatEvent'>, options?: ChangeOptions): Promise<TimerRecord>;
  /** One worker wins an attempt. @throws AlreadyClaimedError: another worker has it */
  claimEvent(ref: TimerRef, claim: Body<'ClaimEvent'>, options?: ChangeOptions): Promise<TimerRecord>;
  answerPreSchedule(
    ref: TimerRef,
    answer: Body<'AnswerPreSchedule'>,
    options?: ChangeOptions,
  ): Promise<TimerRecord>;

  /**
   * Takes the lease of a timer for `ttl` (a duration), unless somebody has it; the timer is made if there is none of that
   * name. The answer holds the fencing token, which rises for ever.
   * @throws LeaseHeldError
   */
  acquireLease(ref: TimerRef, lease: Body<'AcquireLease'>, options?: ChangeOptions): Promise<LeaseRecord>;
  /** The lease ends `ttl` from now. @throws LeaseLostError */
  renewLease(ref: TimerRef, lease: Body<'RenewLease'>, options?: ChangeOptions): Promise<LeaseRecord>;
  /** @throws LeaseLostError */
  releaseLease(ref: TimerRef, lease: Body<'ReleaseLease'>, options?: ChangeOptions): Promise<void>;

  /** @throws TimerNotExistError */
  getTimerById(timerId: string, options?: PastOptions): Promise<TimerRecord>;
  /** In the client's own namespace, unless another is named. @throws TimerNotExistError */
  getTimerByKey(key: string, options?: PastOptions & { readonly namespace?: string }): Promise<TimerRecord>;
  /** Page by page, as it is iterated. Without a condition: every timer of every namespace. */
  getTimers(condition?: TimerConditionWire, options?: ListOptions): AsyncIterable<TimerRecord>;
  getTimerPage(condition?: TimerConditionWire, options?: PageOptions): Promise<TimerPage>;
  count(condition?: TimerConditionWire, options?: CountOptions): Promise<TimerCountWire>;
  /** The timer's log events, oldest first, page by page, also of a timer that was deleted. */
  history(ref: TimerRef, options?: HistoryOptions): AsyncIterable<HistoryEventWire>;
  /** The fires to come, each with its why. */
  nextFires(ref: TimerRef, options?: NextOptions): Promise<OutlookWire>;
  /** Why it fired, or did not, tick by tick. */
  why(ref: TimerRef, options?: WhyOptions): Promise<WhyAnswerWire>;
  /** The fires of a timer that is not there yet, or the difference that a change would make. Nothing is changed. */
  preview(request: PreviewQuery, options?: ReadOptions): Promise<PreviewAnswerWire>;
  /** Changes as they happen, in order for each timer, none left out: it resumes by itself where it was. */
  watch(condition?: TimerConditionWire, options?: WatchOptions): AsyncIterable<WatchedChange>;
}
