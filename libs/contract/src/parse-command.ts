import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import type { CommandId, Rejection, TimerId } from '#timer';
import { type CommandType, commandSchemas } from './commands.js';
import { excerpt, explainMisfit } from './explain.js';
import { uuid } from './fields.js';
import { tellable } from './rejected.js';
import { type NamedTarget, type ReadCommand, toDomain } from './to-domain.js';

interface Addressed {
  readonly namespace?: string | undefined;
  readonly key?: string | undefined;
  readonly timerId?: string | undefined;
}

export type CommandTarget =
  | { readonly namespace: string; readonly key: string }
  | { readonly timerId: TimerId };
export type ParsedCommand =
  | {
      readonly ok: true;
      readonly commandId: CommandId;
      readonly target: CommandTarget;
      readonly command: ReadCommand;
    }
  | { readonly ok: false; readonly commandId: CommandId | null; readonly rejection: Rejection };

const refused = (
  commandId: CommandId | null,
  code: Rejection['code'],
  message: string,
  field?: string,
): ParsedCommand => ({
  ok: false,
  commandId,
  rejection: tellable({ code, message, ...(field !== undefined && { field }) }),
});

/**
 * A record of the commands topic, read. Never throws: what cannot be read is refused with the reason, and the
 * partition goes on.
 */
export function parseCommand(
  record: { readonly key: Buffer | null; readonly value: Buffer | null },
  bytesMax: number,
): ParsedCommand {
  const { key, value } = record;
  if (value === null)
    return refused(null, 'unreadable', 'the record has no value: a command is a JSON object');
  const size = value.length + (key?.length ?? 0);
  if (size > bytesMax)
    return refused(null, 'too-large', `the record has ${size} bytes; a command has at most ${bytesMax}`);
  const text = textOf(value);
  if (text === null) return refused(null, 'unreadable', 'the value is not UTF-8');
  let body: unknown;
  try {
    // a byte order mark is no part of the text; some editors write one
    body = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused(null, 'unreadable', `the value is not JSON: ${reason}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return refused(null, 'unreadable', 'a command is a JSON object');
  return parseBody(body as Record<string, unknown>, key);
}

function parseBody(body: Record<string, unknown>, key: Buffer | null): ParsedCommand {
  const id = uuid.safeParse(body.id);
  const commandId = id.success ? (id.data as CommandId) : null;
  const { type } = body;
  if (typeof type !== 'string' || !Object.hasOwn(commandSchemas, type)) {
    return refused(
      commandId,
      'unreadable',
      `unknown command type ${excerpt(type)}; one of ${Object.keys(commandSchemas).join(', ')}`,
      'type',
    );
  }
  const read = commandSchemas[type as CommandType].safeParse(body);
  if (!read.success) return invalid(commandId, read.error, body);
  if (commandId === null) return refused(null, 'invalid-command', 'id is a UUID', 'id');
  const target = targetOf(read.data, key);
  if ('rejection' in target) return { ok: false, commandId, rejection: target.rejection };
  if (type === 'CreateTimer' && 'timerId' in target)
    return refused(
      commandId,
      'invalid-command',
      'a new timer gets its id from us: give namespace and key',
      'timerId',
    );
  const convert = toDomain[type as CommandType] as (
    wire: unknown,
    commandId: CommandId,
    target: NamedTarget,
  ) => ReadCommand;
  return { ok: true, commandId, target, command: convert(read.data, commandId, target as NamedTarget) };
}

/** The body says it, or the record key does: `namespace/key`, and namespaces contain no slash. */
function targetOf(wire: Addressed, recordKey: Buffer | null): CommandTarget | { rejection: Rejection } {
  if (wire.timerId !== undefined) return { timerId: wire.timerId as TimerId };
  if (wire.namespace !== undefined && wire.key !== undefined) return named(wire.namespace, wire.key);
  const text = textOf(recordKey ?? Buffer.alloc(0));
  if (text === null) return noTarget('the record key is not UTF-8: give namespace and key in the body');
  const slash = text.indexOf('/');
  if (slash === -1)
    return noTarget('which timer? Give namespace and key, or timerId, or the record key namespace/key');
  return named(wire.namespace ?? text.slice(0, slash), wire.key ?? text.slice(slash + 1));
}

const noTarget = (message: string): { rejection: Rejection } => ({
  rejection: { code: 'unreadable', message, field: 'key' },
});

/** What UTF-8 text cannot hold would be looked up as U+FFFD, and a command would hit another timer than it named. */
function named(namespace: string, key: string): CommandTarget | { rejection: Rejection } {
  for (const [field, text] of [
    ['namespace', namespace],
    ['key', key],
  ] as const) {
    const problem = !text.isWellFormed()
      ? 'half of a surrogate pair, which no UTF-8 text can'
      : text.includes('\u0000')
        ? 'U+0000, which Postgres text cannot'
        : null;
    if (problem !== null)
      return { rejection: { code: 'invalid-spec', message: `${field} holds ${problem}`, field } };
  }
  return { namespace, key };
}

/** Null: not UTF-8. */
function textOf(bytes: Buffer): string | null {
  return isUtf8(bytes) ? bytes.toString('utf8') : null;
}

function invalid(commandId: CommandId | null, error: z.ZodError, body: unknown): ParsedCommand {
  const { message, field } = explainMisfit(error, body);
  return refused(commandId, 'invalid-command', message, field);
}
