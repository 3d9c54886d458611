import type {
  DstPolicy,
  MissedPolicy,
  MissedRule,
  PreSchedulePolicy,
  RetryPolicy,
  SpawnInput,
  SpawnPolicy,
  TimerInput,
  TimerSpec,
} from '../spec.js';

export const defaultDst: DstPolicy = Object.freeze({ gap: 'skip', overlap: 'both' });
const latest: MissedRule = Object.freeze({ policy: 'latest' });
export const defaultMissed: MissedPolicy = Object.freeze({
  serviceDown: latest,
  paused: latest,
  createdLate: latest,
});
/** The first run and 18 more, as the delayed-event queues do that we replace. */
export const defaultRetry: RetryPolicy = Object.freeze({
  maxAttempts: 19,
  backoff: 'exponential',
  min: '250ms',
  max: '10m',
  jitter: true,
});
export const defaultPreSchedule: PreSchedulePolicy = Object.freeze({
  enable: false,
  timeout: '30s',
  onTimeout: 'fire',
});
export const defaultAckTimeout = '30s';
/** Open children of a spawning timer, unless it says otherwise. */
export const defaultOpenMax = 100;
export const defaultManualTimeout = '2m';

/** The whole spec of a new timer. Text is taken as given; `validateSpec` says whether it makes sense. */
export function specFrom(namespace: string, key: string, input: TimerInput): TimerSpec {
  return {
    namespace,
    key,
    hookClass: input.hookClass ?? '',
    tags: input.tags ?? [],
    data: input.data ?? null,
    timeZone: input.timeZone ?? '',
    schedPolicyType: input.schedPolicyType as TimerSpec['schedPolicyType'],
    schedPolicyExpr: input.schedPolicyExpr,
    enable: input.enable ?? true,
    startAt: input.startAt ?? null,
    endAt: input.endAt ?? null,
    maxFires: input.maxFires ?? null,
    jitter: input.jitter ?? null,
    ...(input.exclude !== undefined && input.exclude.length > 0 && { exclude: input.exclude }),
    dst: { ...defaultDst, ...input.dst },
    missed: missedFrom(defaultMissed, input.missed),
    ackTimeout: input.ackTimeout ?? defaultAckTimeout,
    retry: { ...defaultRetry, ...input.retry },
    preSchedule: { ...defaultPreSchedule, ...input.preSchedule },
    maxPause: input.maxPause ?? null,
    // left out where they say nothing: most timers have none of them
    ...(input.needsClaim === true && { needsClaim: true }),
    ...(typeof input.keepFor === 'string' && { keepFor: input.keepFor }),
    ...(input.spawn !== undefined && input.spawn !== null && { spawn: spawnFrom(null, input.spawn) }),
  };
}

/** What is left out keeps what it was, or has its default. */
export function spawnFrom(
  base: SpawnPolicy | null,
  { timer = {}, overlap, openMax }: SpawnInput,
): SpawnPolicy {
  const was = base?.timer;
  return {
    timer: {
      hookClass: timer.hookClass ?? was?.hookClass ?? '',
      tags: timer.tags ?? was?.tags ?? [],
      data: timer.data === undefined ? (was?.data ?? null) : timer.data,
      ackTimeout: timer.ackTimeout ?? was?.ackTimeout ?? defaultAckTimeout,
      retry: { ...(was?.retry ?? defaultRetry), ...timer.retry },
      preSchedule: { ...(was?.preSchedule ?? defaultPreSchedule), ...timer.preSchedule },
      maxPause: timer.maxPause === undefined ? (was?.maxPause ?? null) : timer.maxPause,
      needsClaim: timer.needsClaim ?? was?.needsClaim ?? false,
      keepFor: timer.keepFor === undefined ? (was?.keepFor ?? null) : timer.keepFor,
    },
    overlap: overlap ?? base?.overlap ?? 'skip',
    openMax: openMax ?? base?.openMax ?? defaultOpenMax,
  };
}

/** One rule given at the top goes for all three absences; a rule of an absence's own comes after it. */
export function missedFrom(base: MissedPolicy, given: TimerInput['missed']): MissedPolicy {
  if (given === undefined) return base;
  const { serviceDown, paused, createdLate, ...all } = given;
  const rule = (own: MissedRule, special: Partial<MissedRule> | undefined): MissedRule => ({
    ...own,
    ...all,
    ...special,
  });
  return {
    serviceDown: rule(base.serviceDown, serviceDown),
    paused: rule(base.paused, paused),
    createdLate: rule(base.createdLate, createdLate),
  };
}
