import type { SendQueueFull } from '#kafka';
import type { Rejection, RejectionCode } from '#timer';

/** The scheduler refused the command; nothing was changed. One class for each code, to be caught by type. */
export class CommandRejectedError extends Error {
  readonly code: RejectionCode;
  /** The field at fault, by its wire name. */
  readonly field: string | undefined;
  constructor({ code, message, field }: Rejection) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.field = field;
  }
}
export class TimerExistsError extends CommandRejectedError {
  /** Of the timer that has the name; null: told in a form that is not known here. */
  readonly timerId: string | null;
  constructor(rejection: Rejection) {
    super(rejection);
    this.timerId = / has id ([0-9a-f-]{36});/.exec(rejection.message)?.[1] ?? null;
  }
}
export class TimerNotExistError extends CommandRejectedError {}
export class VersionNotMatchError extends CommandRejectedError {}
export class EventIdNotMatchError extends CommandRejectedError {}
export class StaleAttemptError extends CommandRejectedError {}
export class EventOpenError extends CommandRejectedError {}
export class NoOpenEventError extends CommandRejectedError {}
export class TimerDisabledError extends CommandRejectedError {}
export class TimerPausedError extends CommandRejectedError {}
export class TimerNotPausedError extends CommandRejectedError {}
export class TimerEndedError extends CommandRejectedError {}
export class TimerFaultedError extends CommandRejectedError {}
export class ManualRequestPendingError extends CommandRejectedError {}
export class NotGivenUpError extends CommandRejectedError {}
export class AlreadyClaimedError extends CommandRejectedError {}
export class NotClaimedError extends CommandRejectedError {}
export class NotAskingError extends CommandRejectedError {}
/** Somebody else has the lease. */
export class LeaseHeldError extends CommandRejectedError {
  readonly holder: string | null;
  /** When it ends if it is not renewed, by the database's clock; null: told in a form that is not known here. */
  readonly until: Date | null;
  constructor(rejection: Rejection) {
    super(rejection);
    const [, until, holder] = /^held until (\S+) by (.*)$/s.exec(rejection.message) ?? [];
    this.until = until === undefined ? null : new Date(until);
    this.holder = holder ?? null;
  }
}
/** It was held too long without being renewed: what it protected must stop. */
export class LeaseLostError extends CommandRejectedError {}
/** Timers that were ever leased are not deleted. */
export class LeaseRememberedError extends CommandRejectedError {}
export class InvalidSpecError extends CommandRejectedError {}
export class InvalidCommandError extends CommandRejectedError {}
export class UnreadableCommandError extends CommandRejectedError {}
export class CommandTooLargeError extends CommandRejectedError {}
/** The namespace has used its quota; `field` names which: `timers`, `commandsPerSecond` or `payloadBytes`. */
export class QuotaExceededError extends CommandRejectedError {
  /** Of `commandsPerSecond`: when a command like it would be taken, under a new id. Undefined: not by waiting alone. */
  readonly retryAfterMs: number | undefined;
  constructor(rejection: Rejection) {
    super(rejection);
    this.retryAfterMs = rejection.retryAfterMs;
  }
}

const byCode: Readonly<Record<RejectionCode, new (rejection: Rejection) => CommandRejectedError>> = {
  'timer-exists': TimerExistsError,
  'timer-not-exist': TimerNotExistError,
  'version-not-match': VersionNotMatchError,
  'event-id-not-match': EventIdNotMatchError,
  'stale-attempt': StaleAttemptError,
  'event-open': EventOpenError,
  'no-open-event': NoOpenEventError,
  'timer-disabled': TimerDisabledError,
  'timer-paused': TimerPausedError,
  'timer-not-paused': TimerNotPausedError,
  'timer-ended': TimerEndedError,
  'timer-faulted': TimerFaultedError,
  'manual-request-pending': ManualRequestPendingError,
  'not-given-up': NotGivenUpError,
  'already-claimed': AlreadyClaimedError,
  'not-claimed': NotClaimedError,
  'not-asking': NotAskingError,
  'lease-held': LeaseHeldError,
  'lease-lost': LeaseLostError,
  'lease-remembered': LeaseRememberedError,
  'invalid-spec': InvalidSpecError,
  'invalid-command': InvalidCommandError,
  unreadable: UnreadableCommandError,
  'too-large': CommandTooLargeError,
  'quota-exceeded': QuotaExceededError,
};

/** A scheduler that is newer than this client may have a code that is not known here. */
export const rejectionError = (rejection: Rejection): CommandRejectedError =>
  new (Object.hasOwn(byCode, rejection.code) ? byCode[rejection.code] : CommandRejectedError)(rejection);

/** No answer came in time. The command may have been applied: the same id again gets the first outcome. */
export class CommandTimeoutError extends Error {
  readonly code = 'client/timeout';
  /** @param cause why it could not be sent, if that is why */
  constructor(
    readonly commandId: string,
    timeoutMs: number,
    cause?: unknown,
  ) {
    super(
      `no answer to command ${commandId} within ${timeoutMs} ms; it may have been applied, and sending the same id again is safe`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'CommandTimeoutError';
  }
}

/**
 * The command was applied by an earlier sending, and how the timer looked then is not told: it has changed much since, or its history
 * is gone, and it cannot be read as of that version either.
 */
export class OutcomeNotToldError extends Error {
  readonly code = 'client/outcome-not-told';
  /** @param cause why it could not be read */
  constructor(
    readonly timerId: string,
    /** The one that the command made. */
    readonly version: number,
    cause: unknown,
  ) {
    super(
      `the command was applied before, and made version ${version} of timer ${timerId}; how that looked is not told any more: read the timer as it is now`,
      { cause },
    );
    this.name = 'OutcomeNotToldError';
  }
}

/** The client was not connected yet, or was closed while the call waited: then the command may have been applied. */
export class ClientNotConnectedError extends Error {
  readonly code = 'client/not-connected';
  constructor(message: string) {
    super(message);
    this.name = 'ClientNotConnectedError';
  }
}

/**
 * So much waits to be sent to Kafka that this command was not taken: Kafka does not answer, or takes less than is asked of this client.
 * Nothing of it was sent.
 */
export class ClientOverloadedError extends Error {
  readonly code = 'client/overloaded';
  constructor(commandId: string, cause: SendQueueFull) {
    super(
      `command ${commandId} was not sent, ${cause.waitingBytes} bytes of others wait for Kafka: call again when calls under way have ended, and keep fewer of them`,
      { cause },
    );
    this.name = 'ClientOverloadedError';
  }
}

/** A topic was not there in time: no scheduler has made it yet, or Kafka does not answer. */
export class ConnectTimeoutError extends Error {
  readonly code = 'client/connect-timeout';
  /** @param topic the one that is read: replies, or the change feed */
  constructor(timeoutMs: number, topic: string) {
    super(
      `not connected within ${timeoutMs} ms: is Kafka there, and has a scheduler made the topic ${topic}?`,
    );
    this.name = 'ConnectTimeoutError';
  }
}

/** A client without `api` was asked to read. */
export class ApiNotConfiguredError extends Error {
  readonly code = 'client/api-not-configured';
  constructor() {
    super('timers are read by HTTP: give the client api: { url }');
    this.name = 'ApiNotConfiguredError';
  }
}

/** No good answer to a query came in time, with all its tries. */
export class ApiTimeoutError extends Error {
  readonly code = 'client/api-timeout';
  /** @param cause what the last try met */
  constructor(path: string, timeoutMs: number, cause: unknown) {
    super(`no answer to ${path} within ${timeoutMs} ms`, { cause });
    this.name = 'ApiTimeoutError';
  }
}

/** Nothing that speaks HTTP was there, or it went away. */
export class ApiUnreachableError extends Error {
  readonly code = 'client/api-unreachable';
  constructor(url: string, cause: unknown) {
    super(`${url} cannot be reached`, { cause });
    this.name = 'ApiUnreachableError';
  }
}

/** Something answered that is not the API, or one that is much newer: a proxy's own page, for one. */
export class UnexpectedAnswerError extends Error {
  readonly code = 'client/unexpected-answer';
  constructor(
    path: string,
    readonly status: number,
    text: string,
  ) {
    super(`${path} answered ${status} with what is not an answer of the API: ${text.slice(0, 200)}`);
    this.name = 'UnexpectedAnswerError';
  }
}
