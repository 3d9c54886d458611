import type { ClientCommand, CommandId, CreateTimer, TimerId } from '#timer';
import type { CommandType, WireOf } from './commands.js';
import { payloadOf } from './fields.js';
import { changeOf, inputOf } from './timer-input.js';

/** A client's command before a new timer's id is minted. */
export type ReadCommand = Exclude<ClientCommand, CreateTimer> | Omit<CreateTimer, 'timerId'>;

/** By name; of no use to a command for a timer that is there already. */
export type NamedTarget = { readonly namespace: string; readonly key: string };

/** From the wire's names to the domain's. `exactOptionalPropertyTypes`: what is absent stays absent. */
export const toDomain: {
  readonly [T in CommandType]: (wire: WireOf<T>, commandId: CommandId, target: NamedTarget) => ReadCommand;
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
    ...recallOf(wire),
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
  PauseTimer: (wire, commandId) => ({
    type: 'PauseTimer',
    commandId,
    ...checkOf(wire),
    ...recallOf(wire),
    ...(wire.token !== undefined && { token: wire.token }),
  }),
  ResumeTimer: (wire, commandId) => ({
    type: 'ResumeTimer',
    commandId,
    ...checkOf(wire),
    ...(wire.token !== undefined && { token: wire.token }),
  }),
  ExpireTimer: (wire, commandId) => ({ type: 'ExpireTimer', commandId, ...checkOf(wire) }),
  CancelTimer: (wire, commandId) => ({ type: 'CancelTimer', commandId, ...checkOf(wire) }),
  RedriveEvent: (wire, commandId) => ({
    type: 'RedriveEvent',
    commandId,
    ...checkOf(wire),
    ...(wire.eventId !== undefined && { eventId: wire.eventId }),
  }),
  CloseEvent: (wire, commandId) => {
    const [summary, result] = [
      payloadOf(wire.summaryData, wire.summaryDataEncoding),
      payloadOf(wire.result, wire.resultEncoding),
    ];
    return {
      type: 'CloseEvent',
      ...answerOf(wire, commandId),
      ...workerOf(wire),
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
      ...workerOf(wire),
      ...(wire.error !== undefined && { error: wire.error }),
      ...(wire.after !== undefined && { after: wire.after }),
      ...(wire.at !== undefined && { at: wire.at }),
      ...(data !== undefined && data !== null && { data }),
      ...(wire.handBack !== undefined && { handBack: wire.handBack }),
    };
  },
  HeartbeatEvent: (wire, commandId) => {
    const progress = payloadOf(wire.progress, wire.progressEncoding);
    return {
      type: 'HeartbeatEvent',
      ...answerOf(wire, commandId),
      ...workerOf(wire),
      ...(progress !== undefined && progress !== null && { progress }),
    };
  },
  ClaimEvent: (wire, commandId) => ({
    type: 'ClaimEvent',
    ...answerOf(wire, commandId),
    worker: wire.worker,
    ...(wire.takeOver !== undefined && { takeOver: wire.takeOver }),
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
  AcquireLease: ({ holder, ttl, ...wire }, commandId) => ({
    type: 'AcquireLease',
    commandId,
    ...checkOf(wire),
    holder,
    ttl,
  }),
  RenewLease: ({ holder, token, ttl, ...wire }, commandId) => ({
    type: 'RenewLease',
    commandId,
    ...checkOf(wire),
    holder,
    token,
    ttl,
  }),
  ReleaseLease: ({ holder, token, ...wire }, commandId) => ({
    type: 'ReleaseLease',
    commandId,
    ...checkOf(wire),
    holder,
    ...(token !== undefined && { token }),
  }),
  EndChild: ({ parentId }, commandId) => ({
    type: 'EndChild',
    commandId,
    parentId: parentId as TimerId,
    childId: commandId as string as TimerId,
  }),
};

const workerOf = ({ worker }: { readonly worker?: string | undefined }) =>
  worker === undefined ? {} : { worker };

const recallOf = ({ recall }: { readonly recall?: true | undefined }) =>
  recall === undefined ? {} : { recall };

function checkOf({ check }: { readonly check?: WireOf<'DeleteTimer'>['check'] }) {
  if (check === undefined) return {};
  const { version, eventId: checked, unclaimed, live } = check;
  return {
    check: {
      ...(version !== undefined && { version }),
      ...(checked !== undefined && { eventId: checked }),
      ...(unclaimed !== undefined && { unclaimed }),
      ...(live !== undefined && { live }),
    },
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
