import { type HttpProblemCode, type Problem, rejectionStatus } from '#contract';
import type { RejectionCode } from '#timer';
import { rejectionError } from '../errors.js';

/** The API refused a request. One class for each code, to be caught by type; refusals of commands have their own. */
export class HttpProblemError extends Error {
  readonly code: string;
  readonly status: number;
  /** The field at fault, by its wire name. */
  readonly field: string | undefined;
  constructor({ code, status, detail, field }: Omit<Problem, 'type' | 'title'>) {
    super(detail);
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.field = field;
  }
}
export class BadRequestError extends HttpProblemError {}
export class InvalidConditionError extends HttpProblemError {}
export class InvalidCursorError extends HttpProblemError {}
export class InvalidPositionError extends HttpProblemError {}
export class UnauthenticatedError extends HttpProblemError {}
export class ForbiddenError extends HttpProblemError {}
export class NotFoundError extends HttpProblemError {}
export class CommandNotFoundError extends HttpProblemError {}
export class BulkNotFoundError extends HttpProblemError {}
export class HistoryExpiredError extends HttpProblemError {}
export class UnsupportedMediaTypeError extends HttpProblemError {}
export class TooManyWatchersError extends HttpProblemError {}
export class NotReadyError extends HttpProblemError {}
export class DrainingError extends HttpProblemError {}
export class OutcomeTimeoutError extends HttpProblemError {}
export class InternalError extends HttpProblemError {}

const byCode: Readonly<Record<HttpProblemCode, new (problem: Problem) => HttpProblemError>> = {
  'bad-request': BadRequestError,
  'invalid-condition': InvalidConditionError,
  'invalid-cursor': InvalidCursorError,
  'invalid-position': InvalidPositionError,
  unauthenticated: UnauthenticatedError,
  forbidden: ForbiddenError,
  'not-found': NotFoundError,
  'command-not-found': CommandNotFoundError,
  'bulk-not-found': BulkNotFoundError,
  'history-expired': HistoryExpiredError,
  'unsupported-media-type': UnsupportedMediaTypeError,
  'too-many-watchers': TooManyWatchersError,
  'not-ready': NotReadyError,
  draining: DrainingError,
  timeout: OutcomeTimeoutError,
  internal: InternalError,
};

/** A code of a newer API, that is not known here, is a problem all the same. */
export function problemError(problem: Problem): Error {
  const { code, detail, field, retryAfterMs } = problem;
  if (Object.hasOwn(rejectionStatus, code))
    return rejectionError({
      code: code as RejectionCode,
      message: detail,
      ...(field !== undefined && { field }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  const Known = Object.hasOwn(byCode, code) ? byCode[code as HttpProblemCode] : HttpProblemError;
  return new Known(problem);
}
