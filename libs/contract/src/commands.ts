import { z } from 'zod';
import type { ClientCommand, CommandId, CreateTimer, Rejection, TimerId } from '#timer';
import { duration, encoding, eventId, moment, payload, payloadOf, uuid } from './fields.js';
import { changeOf, inputOf, timerChange, timerInput } from './timer-input.js';

const addressed = {
  id: uuid.describe('chosen by the sender; the same id again gets the first outcome again'),
  namespace: z.string().optional().describe('with key, which timer; both may be left to the record key'),
  key: z.string().optional(),
  timerId: uuid.optional().describe('stands for namespace and key'),
  check: z.strictObject({ version: z.number().int().optional(), eventId: eventId.optional() }).optional(),
};
const answer = { ...addressed, eventId, attempt: z.number().int().positive().optional() };

/** One schema a message: validation, types and the published schemas all come from here. */
export const commandSchemas = {
  CreateTimer: z.strictObject({ type: z.literal('CreateTimer'), ...addressed, timer: timerInput }),
  UpdateTimer: z.strictObject({ type: z.literal('UpdateTimer'), ...addressed, set: timerChange }),
  DeleteTimer: z.strictObject({ type: z.literal('DeleteTimer'), ...addressed }),
  TriggerTimer: z.strictObject({
    type: z.literal('TriggerTimer'),
    ...addressed,
    requestId: z.string().min(1).max(64).optional(),
    timeout: duration.optional(),
  }),
  PauseTimer: z.strictObject({ type: z.literal('PauseTimer'), ...addressed }),
  ResumeTimer: z.strictObject({ type: z.literal('ResumeTimer'), ...addressed }),
  ExpireTimer: z.strictObject({ type: z.literal('ExpireTimer'), ...addressed }),
  CloseEvent: z.strictObject({
    type: z.literal('CloseEvent'),
    ...answer,
    watermark: moment.nullish(),
    summaryData: payload.nullish(),
    summaryDataEncoding: encoding.optional(),
    result: payload.nullish(),
    resultEncoding: encoding.optional(),
    nextFireAt: moment.optional(),
  }),
  RetryEvent: z.strictObject({
    type: z.literal('RetryEvent'),
    ...answer,
    error: z.string().optional(),
    after: duration.optional(),
    at: moment.optional(),
    data: payload.optional(),
    dataEncoding: encoding.optional(),
  }),
  HeartbeatEvent: z.strictObject({
    type: z.literal('HeartbeatEvent'),
    ...answer,
    worker: z.string().max(256).optional(),
    progress: payload.optional(),
    progressEncoding: encoding.optional(),
  }),
  ClaimEvent: z.strictObject({
    type: z.literal('ClaimEvent'),
    ...answer,
    worker: z.string().min(1).max(256),
  }),
  AnswerPreSchedule: z.strictObject({
    type: z.literal('AnswerPreSchedule'),
    ...answer,
    delay: duration.optional(),
    eventData: payload.optional(),
    eventDataEncoding: encoding.optional(),
  }),
} as const;

export type CommandType = keyof typeof commandSchemas;
type WireOf<T extends CommandType> = z.output<(typeof commandSchemas)[T]>;
/** What a client writes. */
export type CommandWire = { [T in CommandType]: z.input<(typeof commandSchemas)[T]> }[CommandType];

export type CommandTarget =
  | { readonly namespace: string; readonly key: string }
  | { readonly timerId: TimerId };
/** A client's command before a new timer's id is minted. */
export type ReadCommand = Exclude<ClientCommand, CreateTimer> | Omit<CreateTimer, 'timerId'>;
export type ParsedCommand =
  | {
      readonly ok: true;
      readonly commandId: CommandId;
      readonly target: CommandTarget;
      readonly command: ReadCommand;
    }
  | { readonly ok: false; readonly commandId: CommandId | null; readonly rejection: Rejection };

type Target = { readonly namespace: string; readonly key: string };

/** From the wire's names to the domain's. `exactOptionalPropertyTypes`: what is absent stays absent. */
const toDomain: {
  readonly [T in CommandType]: (wire: WireOf<T>, commandId: CommandId, target: Target) => ReadCommand;
} = {
  CreateTimer: ({ timer }, commandId, target) => ({
    type: 'CreateTimer',
    commandId,
    ...target,
    timer: inputOf(timer),
  }),
  UpdateTimer: (wire, commandId) => ({
    type: 'UpdateTimer',
    commandId,
    ...checkOf(wire),
    set: changeOf(wire.set),
  }),
  DeleteTimer: (wire, commandId) => ({ type: 'DeleteTimer', commandId, ...checkOf(wire) }),
  TriggerTimer: (wire, commandId) => ({
    type: 'TriggerTimer',
    commandId,
    ...checkOf(wire),
    requestId: wire.requestId ?? commandId,
    ...(wire.timeout !== undefined && { timeout: wire.timeout }),
  }),
  PauseTimer: (wire, commandId) => ({ type: 'PauseTimer', commandId, ...checkOf(wire) }),
  ResumeTimer: (wire, commandId) => ({ type: 'ResumeTimer', commandId, ...checkOf(wire) }),
  ExpireTimer: (wire, commandId) => ({ type: 'ExpireTimer', commandId, ...checkOf(wire) }),
  CloseEvent: (wire, commandId) => {
    const [summary, result] = [
      payloadOf(wire.summaryData, wire.summaryDataEncoding),
      payloadOf(wire.result, wire.resultEncoding),
    ];
    return {
      type: 'CloseEvent',
      ...answerOf(wire, commandId),
      ...(wire.watermark !== undefined && { watermark: wire.watermark }),
      ...(summary !== undefined && { summary }),
      ...(result !== undefined && { result }),
      ...(wire.nextFireAt !== undefined && { nextFireAt: wire.nextFireAt }),
    };
  },
  RetryEvent: (wire, commandId) => {
    const data = payloadOf(wire.data, wire.dataEncoding);
    return {
      type: 'RetryEvent',
      ...answerOf(wire, commandId),
      ...(wire.error !== undefined && { error: wire.error }),
      ...(wire.after !== undefined && { after: wire.after }),
      ...(wire.at !== undefined && { at: wire.at }),
      ...(data !== undefined && data !== null && { data }),
    };
  },
  HeartbeatEvent: (wire, commandId) => {
    const progress = payloadOf(wire.progress, wire.progressEncoding);
    return {
      type: 'HeartbeatEvent',
      ...answerOf(wire, commandId),
      ...(wire.worker !== undefined && { worker: wire.worker }),
      ...(progress !== undefined && progress !== null && { progress }),
    };
  },
  ClaimEvent: (wire, commandId) => ({
    type: 'ClaimEvent',
    ...answerOf(wire, commandId),
    worker: wire.worker,
  }),
  AnswerPreSchedule: (wire, commandId) => {
    const eventData = payloadOf(wire.eventData, wire.eventDataEncoding);
    return {
      type: 'AnswerPreSchedule',
      ...answerOf(wire, commandId),
      ...(wire.delay !== undefined && { delay: wire.delay }),
      ...(eventData !== undefined && eventData !== null && { eventData }),
    };
  },
};

function checkOf({ check }: { readonly check?: WireOf<'DeleteTimer'>['check'] }) {
  if (check === undefined) return {};
  const { version, eventId: checked } = check;
  return {
    check: { ...(version !== undefined && { version }), ...(checked !== undefined && { eventId: checked }) },
  };
}

function answerOf(
  wire:
    | WireOf<'ClaimEvent'>
    | WireOf<'CloseEvent'>
    | WireOf<'RetryEvent'>
    | WireOf<'HeartbeatEvent'>
    | WireOf<'AnswerPreSchedule'>,
  commandId: CommandId,
) {
  return {
    commandId,
    ...checkOf(wire),
    eventId: wire.eventId,
    ...(wire.attempt !== undefined && { attempt: wire.attempt }),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const refused = (
  commandId: CommandId | null,
  code: Rejection['code'],
  message: string,
  field?: string,
): ParsedCommand => ({
  ok: false,
  commandId,
  rejection: { code, message, ...(field !== undefined && { field }) },
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
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(value));
  } catch (error) {
    return refused(
      null,
      'unreadable',
      `the value is not JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`.slice(
        0,
        300,
      ),
    );
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
      `unknown command type ${JSON.stringify(type)?.slice(0, 64)}; one of ${Object.keys(commandSchemas).join(', ')}`,
      'type',
    );
  }
  const read = commandSchemas[type as CommandType].safeParse(body);
  if (!read.success) return invalid(commandId, read.error);
  if (commandId === null) return refused(null, 'invalid-command', 'id is a UUID', 'id');
  const target = targetOf(read.data, key);
  if (target === null)
    return refused(
      commandId,
      'unreadable',
      'which timer? Give namespace and key, or timerId, or the record key namespace/key',
      'key',
    );
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
    target: Target,
  ) => ReadCommand;
  return { ok: true, commandId, target, command: convert(read.data, commandId, target as Target) };
}

/** The body says it, or the record key does: `namespace/key`, and namespaces contain no slash. */
function targetOf(
  wire: {
    readonly namespace?: string | undefined;
    readonly key?: string | undefined;
    readonly timerId?: string | undefined;
  },
  recordKey: Buffer | null,
): CommandTarget | null {
  if (wire.timerId !== undefined) return { timerId: wire.timerId as TimerId };
  if (wire.namespace !== undefined && wire.key !== undefined)
    return { namespace: wire.namespace, key: wire.key };
  const text = recordKey?.toString('utf8') ?? '';
  const slash = text.indexOf('/');
  if (slash === -1) return null;
  return { namespace: wire.namespace ?? text.slice(0, slash), key: wire.key ?? text.slice(slash + 1) };
}

function invalid(commandId: CommandId | null, error: z.ZodError): ParsedCommand {
  const [issue] = error.issues;
  if (issue === undefined)
    return refused(commandId, 'invalid-command', 'the command does not fit its schema');
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const field = path === '' ? unknown : `${path}.${unknown}`;
    return refused(commandId, 'invalid-command', `${field} is not a field of this command`, field);
  }
  return refused(commandId, 'invalid-command', `${path}: ${issue.message}`, path);
}
