import type { DueEvent } from '#contract';
import type { Logger } from '#kafka';

export type { DueEvent };

/**
 * What a handler may leave with the timer when it closes its event; everything has a default, and other fields are passed over. Texts have at
 * most 256 KiB each. What does not fit is not sent: the log says why, and the event is tried again.
 */
export interface HookOutcome {
  /** RFC 3339; absent: where the event began. Set back, the ticks since then are fired again. */
  readonly watermark?: string | null;
  readonly summaryData?: string | null;
  readonly result?: string | null;
  /** RFC 3339; `ON_CLOSE` timers only. */
  readonly nextFireAt?: string;
}

export interface HookContext {
  /** Fires when the event is no longer this handler's: its deadline passed, a later attempt began, or the worker stops. */
  readonly signal: AbortSignal;
  /** Moves the ack deadline. It is done by itself every third of the ack timeout, and at once where the event was read late; call it to tell progress. */
  heartbeat(progress?: string): Promise<void>;
  /** Names the event in each line. */
  readonly log: Logger;
  /** The worker's name, by which it claims. */
  readonly worker: string;
}

/**
 * Return: the event closes, with a `HookOutcome` if one is returned (or promised). Throw: it is tried again. `RetryLater`,
 * `HandBack` and `LeaveOpen` say it otherwise. An event that is `unclaimed` is handed over each time it is offered, with the same attempt:
 * claim it first (`ownEvent` of the client does).
 */
export type HookHandler = (event: DueEvent, context: HookContext) => HookReturn | PromiseLike<HookReturn>;

/**
 * What a handler may return: an outcome, or whatever has none of its fields. `unknown` might be an outcome with wrong fields and does not
 * compile: say what it is, or `handler as HookHandler`; the worker reads each answer before it is sent.
 */
export type HookReturn =
  // `object`: nothing of an outcome need be there; `then`: what is promised is an outcome as well
  | (HookOutcome & object & { readonly then?: never })
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing
  | void;

/** Asked before an event begins, for timers with `preSchedule`. */
export type AskHandler = (event: DueEvent) => Promise<AskAnswer | undefined> | AskAnswer | undefined;
/** Nothing: go. A delay: ask again after it. */
export interface AskAnswer {
  readonly delay?: string;
  readonly eventData?: string;
}

export interface Hook {
  readonly handle: HookHandler;
  readonly ask?: AskHandler;
  /**
   * Once, before the first event of its class. If it fails, so does that event, and a later one tries again. A worker that stops leaves one
   * behind that does not end; should it end after all, the hook is stopped.
   */
  start?(): Promise<void> | void;
  /** Once, when the worker stops and no handler runs any more. */
  stop?(): Promise<void> | void;
}

/** Makes the hook of a class when its first event comes. */
export interface HookFactory {
  create(hookClass: string): Promise<Hook> | Hook;
}

/** When the next attempt comes; empty: by the retry policy. */
export type RetryMoment =
  | { readonly after: string }
  | { readonly at: string }
  | Readonly<Record<never, never>>;
export interface RetryDetails {
  /** Kept as the attempt's error; absent: that it was put off. */
  readonly error?: string;
  readonly dataEncoding?: 'base64';
}

/** Try again at a time of the handler's own choice, with other data if it likes. It uses up an attempt. */
export class RetryLater extends Error {
  readonly dataEncoding: 'base64' | undefined;
  constructor(
    readonly when: RetryMoment,
    readonly data?: string,
    { error, dataEncoding }: RetryDetails = {},
  ) {
    super(error ?? putOff(when));
    this.name = 'RetryLater';
    this.dataEncoding = dataEncoding;
  }
}

function putOff({ after, at }: { readonly after?: string; readonly at?: string }): string {
  if (after !== undefined) return `again after ${after}`;
  return at !== undefined ? `again at ${at}` : 'again, as the retry policy says';
}

/**
 * Lets go of the attempt without having failed: the next one begins at once, or after what it says, with whoever is there, and
 * the retry policy counts none.
 */
export class HandBack extends Error {
  constructor(
    readonly reason: string,
    readonly after?: string,
  ) {
    super(`handed back: ${reason}`);
    this.name = 'HandBack';
  }
}

/** Neither closed nor failed: somebody will close the event by a command of their own, before the ack deadline. */
export class LeaveOpen extends Error {
  constructor() {
    super('left open');
    this.name = 'LeaveOpen';
  }
}
