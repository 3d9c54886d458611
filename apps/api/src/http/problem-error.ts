import {
  errorCodes,
  type HttpProblemCode,
  httpProblems,
  type Problem,
  problemType,
  rejectionStatus,
} from '#contract';
import type { Rejection } from '#timer';

/** A request that ends with a problem (RFC 9457). Thrown anywhere below a route; the filter answers it. */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem.detail);
    this.name = 'ProblemError';
  }
}

type More = Partial<Pick<Problem, 'field' | 'commandId'>>;

export const problem = (code: HttpProblemCode, detail: string, more: More = {}): ProblemError =>
  new ProblemError({ type: problemType(code), ...httpProblems[code], code, detail, ...more });

export const withHeaders = (
  { problem: told }: ProblemError,
  headers: Readonly<Record<string, string>>,
): ProblemError => new ProblemError(told, headers);

/** The same code, words and field as the command's own reply. A scheduler newer than this process may know more codes. */
export function refusal(rejection: Rejection, commandId?: string): ProblemError {
  const { code, message, field, retryAfterMs } = rejection;
  const known = Object.hasOwn(errorCodes, code);
  const told: Problem = {
    type: problemType(code),
    title: known ? errorCodes[code].means : 'The command was refused',
    status: known ? rejectionStatus[code] : 409,
    detail: message,
    code,
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(commandId !== undefined && { commandId }),
  };
  return new ProblemError(
    told,
    retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) },
  );
}
