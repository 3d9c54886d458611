import { v5 as uuidV5 } from 'uuid';
import { type CommandType, type CommandWire, commandBytesMax, parseCommand } from '#contract';
import type { Rejection } from '#timer';
import { spoken, type TimerAddress } from '../http/address.js';
import type { Preference } from '../http/preconditions.js';
import { refusal } from '../http/problem-error.js';

// From a request to the command that a client of Kafka would have written.

/** What a request says about its command besides the command's own fields. */
export interface CommandContext {
  readonly actor: string | undefined;
  /** W3C trace context of the request. */
  readonly traceparent?: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** What the version must be; null: whatever it is. */
  readonly version: number | null;
  readonly preference: Preference;
  /** Chosen for a request without an Idempotency-Key. */
  readonly freshId: string;
}

export interface CommandCall {
  readonly type: CommandType;
  readonly address: TimerAddress;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly context: CommandContext;
}

/** Of every command id that is made from an Idempotency-Key. */
const idempotencyNamespace = '7a6f2f1e-6d5c-5b0e-9a41-3c0f1f0a8d52';

const addressParts = ['type', 'id', 'namespace', 'key', 'timerId'];

/** The command as a Kafka client would have written it, refused with the very words that its record would have met. */
export function wireOf({ type, address, fields, context }: CommandCall): CommandWire {
  const stray = addressParts.find((part) => Object.hasOwn(fields, part));
  if (stray !== undefined)
    throw refusal({
      code: 'invalid-command',
      message: `${stray} is not a field of this command`,
      field: stray,
    });
  const check = checkOf(fields.check, context.version);
  const wire = {
    ...fields,
    type,
    id: idFor(type, spoken(address), context),
    ...address,
    ...(check !== undefined && { check }),
  };
  const read = parseCommand({ key: null, value: Buffer.from(JSON.stringify(wire)) }, commandBytesMax);
  if (!read.ok) throw refusal(read.rejection, wire.id);
  return wire as CommandWire;
}

/** If-Match goes beside what the body checks; where both name a version, the header is the stricter habit and wins. */
function checkOf(given: unknown, version: number | null): unknown {
  if (version === null) return given;
  return typeof given === 'object' && given !== null ? { ...given, version } : { version };
}

/**
 * The same key again is the same command again, if it is for the same timer: two tenants who both count from 1 must not
 * get each other's outcomes.
 */
export function idFor(
  what: string,
  target: string,
  { idempotencyKey, actor, freshId }: CommandContext,
): string {
  if (idempotencyKey === undefined) return freshId;
  return uuidV5(JSON.stringify([actor ?? '', what, target, idempotencyKey]), idempotencyNamespace);
}

/** A body as fields of a command. @throws ProblemError as a record without an object would meet it */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null || body === '') return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  const rejection: Rejection = { code: 'unreadable', message: 'a command is a JSON object' };
  throw refusal(rejection);
}
