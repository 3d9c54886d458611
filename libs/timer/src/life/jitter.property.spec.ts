import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preview, type TimerId, type TimerInput, type TimerState } from '#timer';
import { at, close, create, dayZero, fire, given, run, type Step, timerAfter } from '../spec-dsl.js';

const [minute, hour] = [60_000, 3_600_000];
const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', jitter: '2h' };
const named = (id: string, timer: Partial<TimerInput>): Step => {
  const { wish, ms } = create(timer);
  return { wish: { ...wish, timerId: id as TimerId } as Step['wish'], ms };
};
const strikeOf = (state: TimerState): number => (state.nextFireAt ?? Number.NaN) - dayZero;

/** A share of some length is in each of these, whatever the timer's id. */
const schedules = fc.constantFrom<Partial<TimerInput>>(
  { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', jitter: '23h' },
  { schedPolicyType: 'CRON', schedPolicyExpr: '*/5 * * * *', jitter: '299s' },
  { schedPolicyType: 'CRON', schedPolicyExpr: '0 0 9,17 * * MON-FRI', jitter: '7h' },
  { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', jitter: '59m' },
  { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', startAt: at(0), jitter: '59m' },
  { schedPolicyType: 'AFTER_FINISH', schedPolicyExpr: '1h', jitter: '30m' },
  { schedPolicyType: 'ROUNDED', schedPolicyExpr: '1h', jitter: '30m' },
  { schedPolicyType: 'ONCE', schedPolicyExpr: '1h', jitter: '3d' },
);
const rules = fc.constantFrom<NonNullable<TimerInput['missed']>>(
  { policy: 'latest' },
  { policy: 'all' },
  { policy: 'skip' },
  { policy: 'latest', within: '1ms' },
  { policy: 'all', within: '1ms' },
  { policy: 'skip', within: '1ms' },
);
const ids = fc.integer({ min: 0, max: 1_000_000 }).map((n) => `timer-${n}`);

describe('a jitter', () => {
  it('makes no tick late that fires when it was to, whatever the rule for late ones', () =>
    fc.assert(
      fc.property(ids, schedules, rules, fc.integer({ min: 1, max: 500 }), (id, schedule, missed, tookMs) => {
        let state = timerAfter(named(id, { ...schedule, missed }));
        const told = preview(state, { count: 5, from: at(0) }).fires;
        const isTold = !['AFTER_FINISH', 'ROUNDED'].includes(schedule.schedPolicyType ?? '');
        for (let fires = 0; fires < 5 && state.nextFireAt !== null; fires += 1) {
          const strike = strikeOf(state);
          const { decision, after } = run(state, fire(strike, `e${fires}`));
          expect(decision.ok && decision.events.map(({ type }) => type)).toEqual(['EventTriggered']);
          if (isTold) expect(told[fires]).toMatchObject({ fireAt: at(strike), isMissed: false, skipped: [] });
          const closed = run(after, close(strike + tookMs, {}, `e${fires}`)).after;
          if (closed === null) throw new Error('the timer is gone');
          state = closed;
        }
      }),
      { numRuns: 500 },
    ));

  it('keeps the distance of ticks, also where each is made up for', () =>
    fc.assert(
      fc.property(ids, rules, fc.constantFrom(null, at(0)), (id, missed, startAt) => {
        let state = timerAfter(named(id, { schedPolicyExpr: '1h', jitter: '30m', missed, startAt }));
        const first = strikeOf(state);
        for (let fires = 0; fires < 4; fires += 1) {
          expect(strikeOf(state)).toBe(first + fires * hour);
          const fired = run(state, fire(strikeOf(state), `e${fires}`)).after;
          state = run(fired, close(strikeOf(state) + 1, {}, `e${fires}`)).after as TimerState;
        }
      }),
    ));

  it.each(['skip', 'latest'] as const)(
    'counts lateness under %s from when the tick was to fire',
    (policy) => {
      const timer = create({ ...daily, missed: { policy, within: '10m' } });
      const strike = strikeOf(timerAfter(timer));
      expect(strike).toBeGreaterThan(23 * hour + minute);
      given(timer)
        .when(fire(strike + 10 * minute))
        .then({ type: 'EventTriggered', scheduledFor: at(23 * hour) });
      given(timer)
        .when(fire(strike + 10 * minute + 1))
        .then({ type: 'TicksDropped', reason: 'missed-policy', count: 1 });
    },
  );

  it.each([
    ['*/5 * * * *', '5m', '299s'],
    ['0 9,17 * * *', '8h', '479m'],
    ['0 0 1 * *', '28d', '27d'],
    ['@every 10m', '10m', '9m'],
    ['59 23 31 12 *', '365d', '364d'],
  ])(
    'of %s is refused from %s up: ticks would pass before an event began',
    (schedPolicyExpr, long, short) => {
      const cron = { schedPolicyType: 'CRON', schedPolicyExpr } as const;
      expect(run(null, create({ ...cron, jitter: long })).decision).toMatchObject({
        ok: false,
        rejection: {
          code: 'invalid-spec',
          field: 'jitter',
          message: expect.stringContaining(`below the interval of ${schedPolicyExpr}`),
        },
      });
      expect(run(null, create({ ...cron, jitter: short })).decision.ok).toBe(true);
    },
  );

  it('of what has no two ticks may be of any length', () =>
    expect(run(null, create({ ...daily, schedPolicyExpr: '0 9 30 2 *', jitter: '400d' })).decision.ok).toBe(
      true,
    ));
});
