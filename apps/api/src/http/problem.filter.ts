import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ClientNotConnectedError, ClientOverloadedError, CommandTooLargeError } from '#client';
import { type Problem, problemMediaType } from '#contract';
import { InvalidCursorError, messageOf, QueryUnavailableError, TransientLogError } from '#engine';
import { isLostConnection } from '#postgres';
import type { Logger } from '#runtime';
import { ProblemError, problem, refusal } from './problem-error.js';

/** Whatever goes wrong below a route is answered as a problem; what is a fault of ours is logged with its cause. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    const told = problemOf(error);
    if (told.problem.status >= 500)
      this.logger.warn({ err: error, code: told.problem.code }, 'a request failed');
    void sendProblem(reply, told.problem, told.headers);
  }
}

export const sendProblem = (
  reply: FastifyReply,
  body: Problem,
  headers: Readonly<Record<string, string>> = {},
): FastifyReply =>
  reply
    .status(body.status)
    .headers(body.status === 503 ? { 'retry-after': '1', ...headers } : { ...headers })
    .header('content-type', problemMediaType)
    .send(JSON.stringify(body));

export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof CommandTooLargeError) return refusal({ code: 'too-large', message: error.message });
  if (error instanceof InvalidCursorError)
    return problem('invalid-cursor', error.message, { field: 'after' });
  if (
    error instanceof ClientNotConnectedError ||
    error instanceof ClientOverloadedError ||
    error instanceof QueryUnavailableError ||
    error instanceof TransientLogError ||
    isLostConnection(error)
  )
    return problem('not-ready', 'Kafka or Postgres does not answer just now; ask again');
  const status = statusOf(error);
  const message = messageOf(error);
  if (status === 404) return problem('not-found', 'there is no such path, or not by this method');
  if (status === 413) return refusal({ code: 'too-large', message: `the body is too large: ${message}` });
  if (status === 415) return problem('unsupported-media-type', 'send a JSON body as application/json');
  if (status !== null && status < 500) return problem('bad-request', message);
  return problem('internal', 'something failed that is not your fault; the log of this process says what');
}

/** Of Nest's and Fastify's own errors. */
function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}
