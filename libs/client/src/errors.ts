import type { Rejection, RejectionCode } from '#timer';

/** The scheduler refused the command; nothing was changed. */
export class CommandRejectedError extends Error {
  readonly code: RejectionCode;
  readonly field: string | undefined;
  constructor({ code, message, field }: Rejection) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.field = field;
  }
}
export class TimerExistsError extends CommandRejectedError {}
export class TimerNotExistError extends CommandRejectedError {}
export class VersionNotMatchError extends CommandRejectedError {}
export class EventIdNotMatchError extends CommandRejectedError {}
export class StaleAttemptError extends CommandRejectedError {}
export class InvalidSpecError extends CommandRejectedError {}

/** No answer came in time. The command may have been applied: the same id again gets the first outcome. */
export class CommandTimeoutError extends Error {
  readonly code = 'client/timeout';
  constructor(
    readonly commandId: string,
    timeoutMs: number,
  ) {
    super(
      `no answer to command ${commandId} within ${timeoutMs} ms; it may have been applied, and sending the same id again is safe`,
    );
    this.name = 'CommandTimeoutError';
  }
}

const byCode: Partial<Record<RejectionCode, new (rejection: Rejection) => CommandRejectedError>> = {
  'timer-exists': TimerExistsError,
  'timer-not-exist': TimerNotExistError,
  'version-not-match': VersionNotMatchError,
  'event-id-not-match': EventIdNotMatchError,
  'stale-attempt': StaleAttemptError,
  'invalid-spec': InvalidSpecError,
};

export const rejectionError = (rejection: Rejection): CommandRejectedError =>
  new (byCode[rejection.code] ?? CommandRejectedError)(rejection);
