import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { readTraceparent } from '#kafka';
import type { CommandContext } from '../commands/command-wire.js';
import type { Principal } from './access.js';
import { preferenceOf, versionOf } from './preconditions.js';
import { problem } from './problem-error.js';

const actorMax = 256;
const idempotencyKeyMax = 256;

/** What the headers say about a command. @throws ProblemError */
export function commandContext({ headers }: FastifyRequest, principal: Principal): CommandContext {
  const actor = principal.name ?? headerOf(headers['x-carillon-actor'], 'X-Carillon-Actor', actorMax);
  return {
    actor,
    traceparent: readTraceparent([headers.traceparent].flat()[0]),
    idempotencyKey: headerOf(headers['idempotency-key'], 'Idempotency-Key', idempotencyKeyMax),
    version: versionOf(headers['if-match']),
    preference: preferenceOf(Array.isArray(headers.prefer) ? headers.prefer.join(',') : headers.prefer),
    freshId: randomUUID(),
  };
}

function headerOf(given: string | string[] | undefined, name: string, max: number): string | undefined {
  const text = Array.isArray(given) ? given[0] : given;
  if (text === undefined) return undefined;
  if (text.length === 0 || text.length > max)
    throw problem('bad-request', `${name} has 1 to ${max} characters`, { field: name });
  return text;
}
