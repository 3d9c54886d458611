import type { EpochMs, SpawnInput, TimerInput } from '#timer';
import type { Random } from './random.js';
import { hookClass } from './world.js';

/** Timers of every kind, small enough that much happens to them within seconds. */
export function anyTimer(random: Random, now: EpochMs): TimerInput {
  const timer = { ...schedule(random, now), ...policies(random) };
  if (random.chance(0.1))
    return { ...timer, preSchedule: { enable: false }, hookClass: '', spawn: children(random) };
  return random.chance(0.2) ? { ...timer, hookClass: '' } : timer;
}

function schedule(
  random: Random,
  now: EpochMs,
): Pick<TimerInput, 'schedPolicyType' | 'schedPolicyExpr' | 'startAt' | 'jitter'> {
  const everyMs = random.pick([250, 400, 1_000, 2_500]);
  switch (random.int(0, 7)) {
    case 0:
      return { schedPolicyType: 'ONCE', schedPolicyExpr: `${random.int(1, 4_000)}ms` };
    case 1:
      return { schedPolicyType: 'CRON', schedPolicyExpr: random.pick(['* * * * * *', '*/2 * * * * *']) };
    case 2:
      return { schedPolicyType: 'AFTER_FINISH', schedPolicyExpr: `${everyMs}ms` };
    case 3:
      return { schedPolicyType: 'ROUNDED', schedPolicyExpr: `${everyMs}ms` };
    case 4:
      return { schedPolicyType: 'INTERVAL', schedPolicyExpr: `${everyMs}ms`, jitter: '100ms' };
    case 5:
      return { schedPolicyType: 'INTERVAL', schedPolicyExpr: `${everyMs}ms` };
    default:
      return {
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: `${everyMs}ms`,
        startAt: (now + random.int(-3_000, 2_000)) as EpochMs,
      };
  }
}

function policies(random: Random): Partial<TimerInput> {
  return {
    hookClass,
    ackTimeout: random.pick(['400ms', '1s', '3s']),
    retry: { maxAttempts: random.pick([1, 2, 3, 0]), backoff: 'fixed', min: '100ms', jitter: false },
    ...(random.chance(0.3) && {
      missed: random.pick<NonNullable<TimerInput['missed']>>([
        { policy: 'all', max: 5 },
        { policy: 'all' },
        { policy: 'skip', within: '500ms' },
      ]),
    }),
    ...(random.chance(0.15) && {
      preSchedule: { enable: true, timeout: '600ms', onTimeout: random.pick(['fire', 'skip']) },
    }),
    ...(random.chance(0.1) && { maxFires: random.int(1, 6) }),
    ...(random.chance(0.1) && { maxPause: '1500ms' }),
  };
}

const children = (random: Random): SpawnInput => ({
  overlap: random.pick(['skip', 'queueOne', 'allow']),
  openMax: 3,
  timer: {
    hookClass,
    ackTimeout: '1s',
    retry: { maxAttempts: 2, backoff: 'fixed', min: '100ms', jitter: false },
    keepFor: random.pick(['500ms', '1h']),
  },
});
