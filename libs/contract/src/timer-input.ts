import { z } from 'zod';
import type { SpawnInput, TimerChange, TimerInput } from '#timer';
import { duration, encoding, moment, payload, payloadOf } from './fields.js';

const missedRule = z.strictObject({
  policy: z.enum(['latest', 'all', 'skip']).optional(),
  max: z.number().int().positive().optional(),
  within: duration.optional(),
});

const retry = z.strictObject({
  maxAttempts: z.number().int().nonnegative().optional(),
  backoff: z.enum(['exponential', 'fixed']).optional(),
  min: duration.optional(),
  max: duration.optional(),
  jitter: z.boolean().optional(),
  countUnheard: z
    .boolean()
    .optional()
    .describe('false: an attempt that no worker was heard of for does not count; default true'),
});
const preSchedule = z.strictObject({
  enable: z.boolean().optional(),
  timeout: duration.optional(),
  onTimeout: z.enum(['fire', 'skip']).optional(),
});
const spawn = z.strictObject({
  timer: z
    .strictObject({
      hookClass: z.string().optional(),
      tags: z.array(z.string()).optional(),
      data: payload.nullish(),
      dataEncoding: encoding.optional(),
      ackTimeout: duration.optional(),
      retry: retry.optional(),
      preSchedule: preSchedule.optional(),
      maxPause: duration.nullish(),
      needsClaim: z.boolean().optional(),
      keepFor: duration.nullish(),
    })
    .optional(),
  overlap: z.enum(['skip', 'queueOne', 'allow']).optional(),
  openMax: z.number().int().optional(),
});

const shape = {
  schedPolicyType: z.string(),
  schedPolicyExpr: z.string(),
  timeZone: z.string().optional(),
  hookClass: z.string().optional(),
  tags: z.array(z.string()).optional(),
  data: payload.nullish(),
  dataEncoding: encoding.optional(),
  enable: z.boolean().optional(),
  watermark: moment.nullish(),
  summaryData: payload.nullish(),
  summaryDataEncoding: encoding.optional(),
  startAt: moment.nullish(),
  endAt: moment.nullish(),
  maxFires: z.number().int().nullish(),
  jitter: duration.nullish(),
  exclude: z
    .array(z.string())
    .optional()
    .describe('dates and ranges of dates in the zone of the timer: 2026-12-25, 2026-12-24/2027-01-02'),
  dst: z
    .strictObject({
      gap: z.enum(['skip', 'shift']).optional(),
      overlap: z.enum(['first', 'second', 'both']).optional(),
    })
    .optional(),
  missed: missedRule
    .extend({
      serviceDown: missedRule.optional(),
      paused: missedRule.optional(),
      createdLate: missedRule.optional(),
    })
    .optional(),
  ackTimeout: duration.optional(),
  retry: retry.optional(),
  preSchedule: preSchedule.optional(),
  spawn: spawn.nullish(),
  maxPause: duration.nullish(),
  needsClaim: z.boolean().optional(),
  keepFor: duration.nullish(),
};

/** `timer` of a CreateTimer. */
export const timerInput = z.strictObject(shape);
/** `set` of an UpdateTimer: only what it names is changed; null clears. */
export const timerChange = z.strictObject(shape).partial();

export type TimerInputWire = z.input<typeof timerInput>;
export type TimerChangeWire = z.input<typeof timerChange>;

/** Wire names to the domain's. */
function domainOf(wire: z.output<typeof timerChange>): TimerChange {
  const { data, dataEncoding, summaryData, summaryDataEncoding, spawn: given, ...same } = wire;
  const [dataPayload, summary] = [payloadOf(data, dataEncoding), payloadOf(summaryData, summaryDataEncoding)];
  return {
    ...(same as TimerChange),
    ...(dataPayload !== undefined && { data: dataPayload }),
    ...(summary !== undefined && { summary }),
    ...(given !== undefined && { spawn: given === null ? null : spawnOf(given) }),
  };
}

function spawnOf({ timer, ...same }: z.output<typeof spawn>): SpawnInput {
  if (timer === undefined) return same as SpawnInput;
  const { data, dataEncoding, ...rest } = timer;
  const dataPayload = payloadOf(data, dataEncoding);
  return {
    ...same,
    timer: { ...rest, ...(dataPayload !== undefined && { data: dataPayload }) },
  } as SpawnInput;
}

export const inputOf = (wire: z.output<typeof timerInput>): TimerInput => domainOf(wire) as TimerInput;
export const changeOf = domainOf;
