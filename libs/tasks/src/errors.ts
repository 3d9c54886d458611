import {
  AlreadyClaimedError,
  ClientNotConnectedError,
  ClientOverloadedError,
  type CommandRejectedError,
  CommandTimeoutError,
  CommandTooLargeError,
  EventIdNotMatchError,
  InvalidCommandError,
  InvalidSpecError,
  NoOpenEventError,
  NotClaimedError,
  QuotaExceededError,
  StaleAttemptError,
  TimerEndedError,
  TimerNotExistError,
} from '#client';

/** The task is not the caller's (any more), or not in a state for it: given to another runner, completed, gone. Stop working on it now. */
export class InvalidTaskError extends Error {
  readonly code = 'tasks/invalid-task';
  constructor(
    readonly taskId: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`task ${taskId}: ${reason}`, options);
    this.name = 'InvalidTaskError';
  }
}

/**
 * No scheduler answered in time, or the client is not connected: what was asked may have been done, and asking again is safe.
 * Or the holder was closed, or the framework is switched off: the message says which.
 */
export class NotReadyError extends Error {
  readonly code = 'tasks/not-ready';
  constructor(
    message = 'no scheduler answered, or the client is not connected: ask again, the same id is safe',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'NotReadyError';
  }
}

/** The holder was asked for something that it cannot do as it stands. */
export class InvalidStateError extends Error {
  readonly code = 'tasks/invalid-state';
  constructor(message: string) {
    super(message);
    this.name = 'InvalidStateError';
  }
}

const fenced = [
  AlreadyClaimedError,
  EventIdNotMatchError,
  InvalidCommandError,
  NoOpenEventError,
  NotClaimedError,
  StaleAttemptError,
  TimerEndedError,
  TimerNotExistError,
];

const unanswered = [ClientNotConnectedError, ClientOverloadedError, CommandTimeoutError];

/** A refusal of the timer in the words of tasks; anything else as it is. */
export function taskError(taskId: string, error: unknown): unknown {
  if (fenced.some((type) => error instanceof type))
    return new InvalidTaskError(taskId, (error as Error).message, { cause: error });
  if (unanswered.some((type) => error instanceof type)) return new NotReadyError(undefined, { cause: error });
  return error;
}

/** What was said is refused however often it is said: it is too large, or makes no sense. The task itself is the caller's still. */
export const isFinalRefusal = (error: unknown): error is CommandRejectedError =>
  error instanceof InvalidSpecError ||
  error instanceof CommandTooLargeError ||
  (error instanceof QuotaExceededError && error.retryAfterMs === undefined);
