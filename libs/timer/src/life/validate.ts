import type { EpochMs, TimerId } from '../brand.js';
import type { Rejection } from '../rejection.js';
import { durationMs, parseDuration } from '../schedule/duration.js';
import { parseExclude } from '../schedule/exclude.js';
import { createSchedEventPolicy } from '../schedule/policy.js';
import { tickDistanceMs } from '../schedule/tick-distance.js';
import { validateTimeZone } from '../schedule/zone.js';
import type { MissedRule, Payload, TimerSpec } from '../spec.js';
import { childSpec } from './child-spec.js';
import { isSpawning } from './room.js';

/** Also the end of a topic's name. Empty: nobody handles it. */
export const isHookClass = (text: string): boolean => /^[A-Za-z0-9._-]{0,64}$/.test(text);

export const payloadBytesMax = 256 * 1024;
export const tagsMax = 64;
export const textMax = 256;

const invalid = (field: string, message: string): Rejection => ({ code: 'invalid-spec', field, message });

type Rule = (spec: TimerSpec) => Rejection | null;

/** In this order; the first that fails is told. */
const rules: readonly Rule[] = [
  ({ namespace }) =>
    namespace === ''
      ? invalid('namespace', `field 'Namespace' should not be empty`)
      : /^[A-Za-z0-9._-]{1,256}$/.test(namespace)
        ? null
        : invalid('namespace', 'a namespace has 1 to 256 of the characters A-Z a-z 0-9 . _ -'),
  ({ key }) => (key === '' ? invalid('key', `field 'Key' should not be empty`) : textProblem('key', key)),
  ({ timeZone }) => {
    const problem = validateTimeZone(timeZone);
    return problem === null ? null : invalid('timeZone', problem);
  },
  ({ schedPolicyType }) =>
    schedPolicyType.length === 0
      ? invalid('schedPolicyType', `field 'SchedPolicyType' should not be empty`)
      : null,
  scheduleProblem,
  ({ hookClass }) =>
    isHookClass(hookClass)
      ? null
      : invalid('hookClass', 'a hook class has at most 64 of the characters A-Z a-z 0-9 . _ -'),
  tagsProblem,
  ({ data }) => payloadProblem('data', data),
  ({ startAt, endAt }) =>
    startAt !== null && endAt !== null && endAt < startAt
      ? invalid('endAt', 'endAt lies before startAt: no tick can ever be between them')
      : null,
  ({ maxFires }) =>
    maxFires === null || (Number.isInteger(maxFires) && maxFires >= 1)
      ? null
      : invalid('maxFires', 'maxFires is a whole number from 1 up, or absent for no limit'),
  jitterProblem,
  excludeProblem,
  ({ ackTimeout }) => durationProblem('ackTimeout', ackTimeout),
  retryProblem,
  ({ preSchedule }) => durationProblem('preSchedule.timeout', preSchedule.timeout),
  ({ maxPause }) => (maxPause === null ? null : durationProblem('maxPause', maxPause)),
  ({ keepFor }) => (keepFor === null || keepFor === undefined ? null : durationProblem('keepFor', keepFor)),
  missedProblem,
  spawnProblem,
];

/** Null: a timer may be like this. Otherwise the first field at fault, what is wrong, and what would be right. */
export function validateSpec(spec: TimerSpec): Rejection | null {
  for (const rule of rules) {
    const rejection = rule(spec);
    if (rejection !== null) return rejection;
  }
  return null;
}

/** Characters are counted as people do: a surrogate pair is one. */
function textProblem(field: string, text: string): Rejection | null {
  if (!text.isWellFormed())
    return invalid(field, `${field} holds half of a surrogate pair, which no UTF-8 text can`);
  if (text.includes('\u0000')) return invalid(field, `${field} holds U+0000, which Postgres text cannot`);
  return [...text].length > textMax ? invalid(field, `${field} is longer than ${textMax} characters`) : null;
}

export function payloadProblem(field: string, payload: Payload | null | undefined): Rejection | null {
  if (payload === null || payload === undefined) return null;
  const bytes =
    payload.encoding === 'base64'
      ? Math.floor((payload.text.length * 3) / 4)
      : Buffer.byteLength(payload.text);
  return bytes > payloadBytesMax
    ? invalid(field, `${field} has ${bytes} bytes; at most ${payloadBytesMax} are kept with a timer`)
    : null;
}

export function durationProblem(field: string, text: string): Rejection | null {
  const reading = parseDuration(text);
  return reading.ok ? null : invalid(field, reading.message);
}

function scheduleProblem({ schedPolicyType, schedPolicyExpr, timeZone, dst }: TimerSpec): Rejection | null {
  if (schedPolicyExpr.length > textMax)
    return invalid(
      'schedPolicyExpr',
      `schedPolicyExpr is longer than ${textMax} characters; none needs so many`,
    );
  if (!['skip', 'shift'].includes(dst.gap)) return invalid('dst.gap', 'dst.gap is skip or shift');
  if (!['first', 'second', 'both'].includes(dst.overlap))
    return invalid('dst.overlap', 'dst.overlap is first, second or both');
  const reading = createSchedEventPolicy(schedPolicyType, schedPolicyExpr, timeZone, dst);
  if (reading.ok) return null;
  return invalid(
    reading.message.includes('invalid schedule event type') ? 'schedPolicyType' : 'schedPolicyExpr',
    reading.message,
  );
}

function tagsProblem({ tags }: TimerSpec): Rejection | null {
  if (tags.length > tagsMax) return invalid('tags', `a timer has at most ${tagsMax} tags`);
  for (const tag of tags) {
    const problem = tag === '' ? invalid('tags', 'a tag is not empty') : textProblem('tags', tag);
    if (problem !== null) return problem;
  }
  return null;
}

function jitterProblem({
  jitter,
  schedPolicyType,
  schedPolicyExpr,
  timeZone,
  dst,
}: TimerSpec): Rejection | null {
  if (jitter === null) return null;
  const problem = durationProblem('jitter', jitter);
  if (problem !== null) return problem;
  const reading = createSchedEventPolicy(schedPolicyType, schedPolicyExpr, timeZone, dst);
  const distanceMs = reading.ok ? tickDistanceMs(reading.policy) : null;
  if (distanceMs === null || durationMs(jitter) < distanceMs) return null;
  return invalid(
    'jitter',
    `jitter ${jitter} must be below the interval of ${schedPolicyExpr}, which is ${distanceMs} ms at its shortest: later ticks would pass before an event began`,
  );
}

function excludeProblem({ exclude, schedPolicyType }: TimerSpec): Rejection | null {
  if (exclude === undefined || exclude.length === 0) return null;
  if (schedPolicyType === 'ONCE' || schedPolicyType === 'ON_CLOSE')
    return invalid('exclude', `a ${schedPolicyType} timer names its one time itself: leave exclude out`);
  const reading = parseExclude(exclude);
  return reading.ok ? null : invalid('exclude', reading.message);
}

function retryProblem({ retry }: TimerSpec): Rejection | null {
  const { maxAttempts, backoff, min, max } = retry;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 0)
    return invalid('retry.maxAttempts', 'retry.maxAttempts is a whole number; 0 means for ever');
  if (!['exponential', 'fixed'].includes(backoff))
    return invalid('retry.backoff', 'retry.backoff is exponential or fixed');
  const problem = durationProblem('retry.min', min) ?? durationProblem('retry.max', max);
  if (problem !== null) return problem;
  return durationMs(min) > durationMs(max)
    ? invalid('retry.min', `retry.min ${min} is longer than retry.max ${max}`)
    : null;
}

/** What `:<n>` and a distinguishing end may take of a child's key. */
const childSuffixMax = 32;
export const openMaxMax = 1_000;

function spawnProblem(spec: TimerSpec): Rejection | null {
  if (!isSpawning(spec)) return null;
  const { spawn, key, hookClass, schedPolicyType } = spec;
  if (!['INTERVAL', 'CRON', 'ONCE'].includes(schedPolicyType))
    return invalid(
      'spawn',
      `a tick that spawns is over at once: ${schedPolicyType} would count from nothing; use INTERVAL, CRON or ONCE`,
    );
  if (hookClass !== '')
    return invalid(
      'hookClass',
      'a spawning timer has no hook of its own: spawn.timer.hookClass handles its children',
    );
  if ([...key].length > textMax - childSuffixMax)
    return invalid('key', `the key of a spawning timer has at most ${textMax - childSuffixMax} characters`);
  if (!['skip', 'queueOne', 'allow'].includes(spawn.overlap))
    return invalid('spawn.overlap', 'spawn.overlap is skip, queueOne or allow');
  if (!Number.isInteger(spawn.openMax) || spawn.openMax < 1 || spawn.openMax > openMaxMax)
    return invalid('spawn.openMax', `spawn.openMax is a whole number from 1 to ${openMaxMax}`);
  const identity = { childKey: `${key}:1`, n: 1, scheduledFor: 0 as EpochMs };
  const problem = validateSpec(childSpec(noTimer, spec, spawn, identity));
  return problem === null
    ? null
    : { ...problem, ...(problem.field !== undefined && { field: `spawn.timer.${problem.field}` }) };
}

const noTimer = '00000000-0000-7000-8000-000000000000' as TimerId;

function missedProblem({ missed }: TimerSpec): Rejection | null {
  for (const [name, rule] of Object.entries(missed) as [string, MissedRule][]) {
    const field = `missed.${name}`;
    if (!['latest', 'all', 'skip'].includes(rule.policy))
      return invalid(`${field}.policy`, `${field}.policy is latest, all or skip`);
    if (rule.max !== undefined && (!Number.isInteger(rule.max) || rule.max < 1))
      return invalid(`${field}.max`, `${field}.max is a whole number from 1 up`);
    const problem = rule.within === undefined ? null : durationProblem(`${field}.within`, rule.within);
    if (problem !== null) return problem;
  }
  return null;
}
