import type { RejectionCode } from '#timer';
import { type CommandType, commandSchemas } from './commands.js';

export interface ErrorCode {
  /** Which commands may be refused for it. */
  readonly commands: readonly CommandType[];
  readonly means: string;
  readonly doNext: string;
}

const answers = ['CloseEvent', 'RetryEvent', 'HeartbeatEvent', 'ClaimEvent', 'AnswerPreSchedule'] as const;
const changes = [
  'UpdateTimer',
  'DeleteTimer',
  'TriggerTimer',
  'PauseTimer',
  'ResumeTimer',
  'ExpireTimer',
  'CancelTimer',
  'RedriveEvent',
  'AcquireLease',
  'RenewLease',
  'ReleaseLease',
  ...answers,
] as const;
const all = Object.keys(commandSchemas) as CommandType[];
/** Refused once, they would be missed: an event would fire again, a lease be lost. So no quota counts them. */
const unlimited: readonly CommandType[] = [...answers, 'RenewLease', 'ReleaseLease', 'EndChild'];

/** Every reason for which a command is refused. docs/protocol.md shows this table, and a spec holds the two together. */
export const errorCodes: Readonly<Record<RejectionCode, ErrorCode>> = Object.freeze({
  'timer-exists': {
    commands: ['CreateTimer'],
    means: 'a timer of this namespace and key is there already',
    doNext: 'update it, or delete it first',
  },
  'timer-not-exist': {
    commands: changes,
    means: 'there is no such timer, or not any more',
    doNext: 'create it; a hook may drop the event',
  },
  'version-not-match': {
    commands: changes,
    means: '`check.version` is not the present version',
    doNext: 'read the timer again and decide anew',
  },
  'event-id-not-match': {
    commands: changes,
    means: 'another event is open than the one named',
    doNext: 'a hook stops: its event was closed',
  },
  'stale-attempt': {
    commands: answers,
    means: 'a later attempt of this event has begun',
    doNext: 'a hook stops: somebody else has the event',
  },
  'event-open': {
    commands: ['TriggerTimer', 'ExpireTimer', 'RedriveEvent'],
    means: 'not while an event is open',
    doNext: 'wait for its close',
  },
  'no-open-event': {
    commands: answers,
    means: 'nothing is open: it was closed before',
    doNext: 'nothing; the first close won',
  },
  'timer-disabled': {
    commands: ['TriggerTimer', 'ExpireTimer', 'RedriveEvent'],
    means: 'not while the timer is disabled',
    doNext: 'enable it first',
  },
  'timer-paused': {
    commands: ['TriggerTimer', 'RedriveEvent'],
    means: 'not while the timer is paused',
    doNext: 'resume it first',
  },
  'timer-not-paused': {
    commands: ['ResumeTimer'],
    means: 'the timer is not paused, or not by this token',
    doNext: 'nothing',
  },
  'timer-ended': {
    commands: changes,
    means: 'the timer has no time any more',
    doNext: 'update its schedule or set its watermark',
  },
  'timer-faulted': {
    commands: changes.filter((type) => type !== 'DeleteTimer'),
    means: 'the timer failed by its own data and is held',
    doNext: 'look at `fault`, then update the timer',
  },
  'manual-request-pending': {
    commands: ['TriggerTimer'],
    means: 'an earlier manual request waits',
    doNext: 'wait for it, or for its timeout',
  },
  'not-given-up': {
    commands: ['RedriveEvent'],
    means: 'no such event was given up, or it was redriven since',
    doNext: 'nothing',
  },
  'already-claimed': {
    commands: changes,
    means: 'another worker has claimed this attempt',
    doNext: 'leave the event to it',
  },
  'not-claimed': {
    commands: ['CloseEvent', 'RetryEvent', 'HeartbeatEvent'],
    means: 'the timer needs a claim, and nobody has claimed this attempt',
    doNext: 'claim the event first',
  },
  'not-asking': {
    commands: ['AnswerPreSchedule'],
    means: 'no pre-schedule question is open',
    doNext: 'nothing',
  },
  'lease-held': {
    commands: ['AcquireLease', 'DeleteTimer'],
    means: 'another holder has the lease; the message says until when and who',
    doNext: 'wait for its release or its end',
  },
  'lease-lost': {
    commands: ['RenewLease', 'ReleaseLease'],
    means: 'the lease was over, or has another holder by now',
    doNext: 'stop what it protected; acquire it again',
  },
  'lease-remembered': {
    commands: ['DeleteTimer'],
    means: 'a timer that was ever leased is never deleted: its fencing tokens rise for ever',
    doNext: 'leave it; disable it if it fires',
  },
  'invalid-spec': {
    commands: all,
    means: 'a field of the timer makes no sense; `field` names it',
    doNext: 'correct the field',
  },
  'invalid-command': {
    commands: all,
    means: 'the command does not fit its schema, or cannot be stored',
    doNext: 'correct the field',
  },
  unreadable: {
    commands: all,
    means: 'no JSON, an unknown type, or no word on which timer',
    doNext: 'look at the record on the rejected topic',
  },
  'too-large': {
    commands: all,
    means: 'the record is larger than a command may be',
    doNext: 'keep the data elsewhere and send a reference',
  },
  'quota-exceeded': {
    commands: all.filter((type) => !unlimited.includes(type)),
    means: 'the namespace has used its quota; `field` names which, the message its limit',
    doNext: 'make room, or send it later under a new id',
  },
});
