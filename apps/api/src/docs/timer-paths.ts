import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import {
  type ActionName,
  actionCommands,
  actionRequests,
  historyPage,
  historyQuery,
  nextQuery,
  outlookSchema,
  timerQuery,
  updateRequest,
  whyAnswer,
  whyQuery,
} from '#contract';
import { command, json, problems, timerAnswer } from './operations.js';

const summaries: Readonly<Record<ActionName, string>> = {
  trigger: 'Fire once by hand, beside the schedule',
  pause: 'Hold the timer; its next time stays what it is',
  resume: 'Let a paused timer go on',
  expire: 'Fire now, whatever the schedule says',
  acquire: 'Take the lease of a timer that is leased',
  renew: 'Keep the lease for longer',
  release: 'Give the lease back',
  cancel: 'End the timer and let no attempt follow; its name stays taken',
  redrive: 'Send what was given up once more, with its data',
  close: 'Close the open event: it is done',
  retry: 'The attempt failed: try again later',
  heartbeat: 'Still at work: the ack deadline counts anew',
  claim: 'Take the open event for one worker',
  answer: 'Answer the question before an event: later, or go',
};

/** Every path of one timer, below one form of its address. */
export function timerPathsOf(base: string, path: z.ZodObject): ZodOpenApiPathsObject {
  const actions = Object.entries(actionRequests).map(([action, schema]) => [
    `${base}/${action}`,
    {
      post: command(actionCommands[action as ActionName], summaries[action as ActionName], {
        requestParams: { path },
        requestBody: { content: json(schema) },
      }),
    },
  ]);
  return {
    [base]: {
      get: {
        summary: 'A timer, as it is or as it was',
        tags: ['timers'],
        requestParams: { path, query: timerQuery },
        responses: {
          '200': timerAnswer('the timer'),
          '304': { description: 'with `If-None-Match`: it is still at this version' },
          ...problems(['bad-request', 'timer-not-exist', 'history-expired']),
        },
      },
      patch: command('UpdateTimer', 'Change what the body names; null clears', {
        requestParams: { path },
        requestBody: { content: json(updateRequest) },
      }),
      delete: command('DeleteTimer', 'Delete; answers the timer as it was last', { requestParams: { path } }),
    },
    ...Object.fromEntries(actions),
    [`${base}/events`]: {
      get: {
        summary: 'What happened: who did it, by which command, from which offset',
        tags: ['history'],
        requestParams: { path, query: historyQuery },
        responses: {
          '200': { description: 'oldest first', content: json(historyPage) },
          ...problems(['bad-request', 'timer-not-exist']),
        },
      },
    },
    [`${base}/next`]: {
      get: {
        summary: 'The next fires, each with its why',
        tags: ['schedule'],
        requestParams: { path, query: nextQuery },
        responses: {
          '200': { description: 'what is to come', content: json(outlookSchema) },
          ...problems(['bad-request', 'timer-not-exist']),
        },
      },
    },
    [`${base}/why`]: {
      get: {
        summary: 'Why it did or did not fire, tick by tick',
        tags: ['schedule'],
        requestParams: { path, query: whyQuery },
        responses: {
          '200': { description: 'in the order of the ticks', content: json(whyAnswer) },
          ...problems(['bad-request', 'timer-not-exist', 'history-expired']),
        },
      },
    },
  };
}
