import type { FastifyReply } from 'fastify';
import type { AppliedTimer } from '#contract';
import type { CommandResult } from '../commands/command-door.js';
import { etagOf } from './preconditions.js';

export const commandIdHeader = 'carillon-command-id';

/** The outcome of a command: the timer with its ETag, or a receipt to ask for it. */
export function answerCommand(reply: FastifyReply, result: CommandResult, status = 200): FastifyReply {
  reply.header(commandIdHeader, result.commandId);
  if (result.kind === 'pending') {
    return reply
      .status(202)
      .header('location', result.receipt)
      .header('preference-applied', 'respond-async')
      .send({ commandId: result.commandId, status: 'pending' });
  }
  if (status === 201) reply.header('location', `/v1/timers/${result.timer.id}`);
  return answerTimer(reply.status(status), result.timer);
}

export const answerTimer = (reply: FastifyReply, timer: AppliedTimer): FastifyReply =>
  reply.header('etag', etagOf(timer.version)).send(timer);
