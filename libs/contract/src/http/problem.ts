import { z } from 'zod';
import type { RejectionCode } from '#timer';

/** A refusal of a command, by its stable code, as an HTTP status. */
export const rejectionStatus: Readonly<Record<RejectionCode, number>> = Object.freeze({
  'timer-exists': 409,
  'timer-not-exist': 404,
  'version-not-match': 412,
  'event-id-not-match': 409,
  'stale-attempt': 409,
  'event-open': 409,
  'no-open-event': 409,
  'timer-disabled': 409,
  'timer-paused': 409,
  'timer-not-paused': 409,
  'timer-ended': 409,
  'timer-faulted': 409,
  'manual-request-pending': 409,
  'not-given-up': 409,
  'already-claimed': 409,
  'not-claimed': 409,
  'not-asking': 409,
  'lease-held': 423,
  'lease-lost': 409,
  'lease-remembered': 409,
  'invalid-spec': 422,
  'invalid-command': 422,
  unreadable: 400,
  'too-large': 413,
  'quota-exceeded': 429,
});

/** What only HTTP can meet. */
export const httpProblems = {
  'bad-request': { status: 400, title: 'The request is not what this route reads' },
  'invalid-condition': { status: 400, title: 'The condition makes no sense' },
  'invalid-cursor': { status: 400, title: 'The cursor belongs to another query' },
  'invalid-position': { status: 400, title: 'Last-Event-ID is none of ours' },
  unauthenticated: { status: 401, title: 'Say who you are' },
  forbidden: { status: 403, title: 'Not for you' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'command-not-found': { status: 404, title: 'This command is not known' },
  'bulk-not-found': { status: 404, title: 'This bulk request is not known' },
  'history-expired': { status: 410, title: 'The log does not reach back that far any more' },
  'unsupported-media-type': { status: 415, title: 'A body is JSON' },
  'too-many-watchers': { status: 503, title: 'This process has all the watchers it can hold' },
  'not-ready': { status: 503, title: 'Kafka or Postgres does not answer' },
  draining: { status: 503, title: 'This process is going away' },
  timeout: { status: 504, title: 'No outcome in time; the command may still be applied' },
  internal: { status: 500, title: 'A fault of ours' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;
export type HttpProblemCode = keyof typeof httpProblems;
export type ProblemCode = RejectionCode | HttpProblemCode;

export const problemMediaType = 'application/problem+json';
export const problemType = (code: string): string => `https://carillon.dev/problems/${code}`;

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string().describe('`https://carillon.dev/problems/<code>`'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('what is wrong and what would be right'),
    code: z.string().describe('stable; programs switch on it'),
    field: z.string().optional().describe('the field at fault, by its wire name'),
    retryAfterMs: z.int().optional().describe('of a rate: when a command like it would be taken, ms'),
    commandId: z.guid().optional().describe('of a command: the same id again gets the first outcome again'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.input<typeof problemSchema>;
