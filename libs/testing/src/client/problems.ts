import type { z } from 'zod';
import { problemError, rejectionError, type TimerRef } from '#client';
import { explainMisfit, type HttpProblemCode, httpProblems, problemType } from '#contract';
import { type EpochMs, parseInstant } from '#timer';

// Refusals as the API would word them, and as the client throws them.

export function problem(code: HttpProblemCode, detail: string, field?: string): Error {
  const { status, title } = httpProblems[code];
  return problemError({
    type: problemType(code),
    title,
    status,
    detail,
    code,
    ...(field !== undefined && { field }),
  });
}

export const historyExpired = (): Error =>
  problem('history-expired', 'this is longer ago than the log is kept: ask for a later moment');

export const notThere = (ref: TimerRef): Error => {
  const name = 'timerId' in ref ? ref.timerId : `${ref.namespace}/${ref.key}`;
  return rejectionError({ code: 'timer-not-exist', message: `timer not exist: ${name}` });
};

export function momentOf(field: string, text: string): EpochMs {
  const moment = parseInstant(text);
  if (moment === null)
    throw problem('bad-request', `${field}: expected an RFC 3339 moment with an offset`, field);
  return moment;
}

/** A question, read as the API reads it. @throws problem `bad-request` */
export function read<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { field, message } = explainMisfit(result.error, given);
  throw problem('bad-request', message.replace(/^: /, ''), field === '' ? undefined : field);
}
