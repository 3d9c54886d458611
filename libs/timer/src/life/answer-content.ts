import type {
  AnswerPreSchedule,
  ClaimEvent,
  ClientCommand,
  CloseEvent,
  HeartbeatEvent,
  RetryEvent,
} from '../command.js';
import type { Rejection } from '../rejection.js';
import { durationProblem, payloadProblem } from './validate.js';

export type Answer = CloseEvent | RetryEvent | HeartbeatEvent | ClaimEvent | AnswerPreSchedule;

/** What is wrong with an answer by itself, whatever its timer is like; so whoever answers can know it before. Null: nothing. */
export function answerProblem(
  command: Answer | { readonly type: Exclude<ClientCommand['type'], Answer['type']> },
): Rejection | null {
  switch (command.type) {
    case 'CloseEvent':
      return payloadProblem('summaryData', command.summary) ?? payloadProblem('result', command.result);
    case 'RetryEvent':
      if (command.after !== undefined && command.at !== undefined)
        return { code: 'invalid-command', message: 'give after or at, not both', field: 'at' };
      return (
        (command.after === undefined ? null : durationProblem('after', command.after)) ??
        payloadProblem('data', command.data)
      );
    case 'HeartbeatEvent':
      return payloadProblem('progress', command.progress);
    case 'AnswerPreSchedule':
      return command.delay === undefined
        ? payloadProblem('eventData', command.eventData)
        : durationProblem('delay', command.delay);
    default:
      return null;
  }
}
