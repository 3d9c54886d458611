import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpochMs, preview, type TimerId, type TimerInput, type TimerState } from '#timer';
import { policyOf } from '../schedule/plan.js';
import { at, close, create, dayZero, eventId, fire, given, run, type Step, timerAfter } from '../spec-dsl.js';

const [minute, hour] = [60_000, 3_600_000];
const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', jitter: '2h' };
const named = (id: string, timer: Partial<TimerInput>): Step => {
  const { wish, ms } = create(timer);
  return { wish: { ...wish, timerId: id as TimerId } as Step['wish'], ms };
};
/** The share of `timer-55` is nine seconds short of the hour. */
const hourly = { schedPolicyType: 'CRON', schedPolicyExpr: '0 * * * *', jitter: '3599s' } as const;
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

/** Schedules whose ticks no fire moves, with the usual distance of them, ms. */
const grids = fc.constantFrom<readonly [Partial<TimerInput>, number]>(
  [hourly, hour],
  [{ schedPolicyType: 'CRON', schedPolicyExpr: '*/5 * * * *', jitter: '299s' }, 5 * minute],
  [{ schedPolicyType: 'CRON', schedPolicyExpr: '0 9,17 * * *', jitter: '479m' }, 12 * hour],
  [{ schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', startAt: at(0), jitter: '59m' }, hour],
);
/** By rule: a tick this late is not made up for, ms. */
const lateRules = fc.constantFrom<readonly [NonNullable<TimerInput['missed']>, number]>(
  [{ policy: 'latest' }, Number.POSITIVE_INFINITY],
  [{ policy: 'all' }, Number.POSITIVE_INFINITY],
  [{ policy: 'skip' }, minute],
  [{ policy: 'latest', within: '90m' }, 90 * minute],
  [{ policy: 'all', within: '90m' }, 90 * minute],
  [{ policy: 'skip', within: '90m' }, 90 * minute],
);
/** How late a strike or a close comes, in distances of ticks. */
const delays = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom(0, 0.002), fc.double({ min: 0, max: 5, noNaN: true })),
    fc.double({ min: 0, max: 3, noNaN: true }),
  ),
  { minLength: 1, maxLength: 6 },
);

describe('a jitter', () => {
  it('lets each tick wait for its own moment, and each whose moment has come have its turn, however late', () =>
    fc.assert(
      fc.property(ids, grids, lateRules, delays, (id, [grid, distanceMs], [missed, lateMaxMs], strikes) => {
        let state = timerAfter(named(id, { ...grid, missed }));
        const policy = policyOf(state.spec);
        let left: EpochMs[] = [state.nextTick as EpochMs];
        while (left.length < 150)
          left.push(policy.tickAfter(left.at(-1) as EpochMs, { ...state, startAt: null }) as EpochMs);
        const shareMs = (state.nextFireAt as EpochMs) - (state.nextTick as EpochMs);
        let now = 0;
        for (const [delay, took] of strikes) {
          const own = strikeOf(state);
          expect(own).toBe((left[0] as EpochMs) + shareMs - dayZero);
          now = Math.max(own, now) + Math.floor(delay * distanceMs);
          const { decision, after } = run(state, fire(now));
          const events = decision.ok ? decision.events : [];
          const due = left.filter((tick) => tick + shareMs <= at(now));
          const inTime = due.filter((tick) => at(now) - shareMs - tick <= lateMaxMs);
          const fired = missed.policy === 'all' ? inTime[0] : inTime.at(-1);
          expect(
            events.flatMap((event) => (event.type === 'EventTriggered' ? event.scheduledFor : [])),
          ).toEqual(fired === undefined ? [] : [fired]);
          const gone = due.filter((tick) =>
            missed.policy === 'all' ? !inTime.includes(tick) : tick !== fired,
          );
          const dropped = events.flatMap((event) => (event.type === 'TicksDropped' ? event : []));
          expect(dropped.reduce((sum, { count }) => sum + count, 0)).toBe(gone.length);
          expect([dropped[0]?.first, dropped.at(-1)?.last]).toEqual([gone[0], gone.at(-1)]);
          left = left.filter((tick) => tick !== fired && !gone.includes(tick));
          state = after as TimerState;
          if (fired === undefined) continue;
          now += Math.floor(took * distanceMs);
          const closed = run(state, close(now));
          expect(closed.decision.ok && closed.decision.events.map(({ type }) => type)).toEqual([
            'EventClosed',
          ]);
          state = closed.after as TimerState;
        }
      }),
      { numRuns: 1_000 },
    ));

  it.each(['skip', 'latest', 'all'] as const)(
    'under %s lets no tick whose moment is to come take the place of the one that is due',
    (policy) => {
      const timer = named('timer-55', { ...hourly, missed: { policy } });
      const { nextTick, nextFireAt } = timerAfter(timer);
      const [tick, strike] = [nextTick ?? Number.NaN, (nextFireAt ?? Number.NaN) - dayZero];
      const now = strike + 12_000;
      expect(at(now)).toBeGreaterThan(tick + hour);
      const after = given(timer).when(fire(now)).then({ type: 'EventTriggered', scheduledFor: tick });
      const next = run(after, close(now + 1)).after;
      expect(next).toMatchObject({ nextTick: tick + hour, nextFireAt: at(strike + hour) });
    },
  );

  it('is told by a preview from between a tick and its own moment: the tick first, then the next at its own', () => {
    const state = timerAfter(named('timer-55', { ...hourly, missed: { policy: 'skip' } }));
    const strike = strikeOf(state);
    const { fires } = preview(state, { count: 2, from: at(strike + 12_000) });
    expect(fires.map(({ fireAt, tick }) => [fireAt, tick])).toEqual([
      [at(strike + 12_000), state.nextTick],
      [at(strike + hour), (state.nextTick ?? Number.NaN) + hour],
    ]);
  });

  it('lets a tick that waits for room begin without passing over the one behind it', () => {
    const timer = named('timer-55', {
      ...hourly,
      hookClass: '',
      spawn: { timer: { hookClass: 'work' }, overlap: 'queueOne' },
    });
    const strike = strikeOf(timerAfter(timer));
    const tick = (ms: number, n: number): Step => {
      const child = { id: `child-${n}` as TimerId, key: `k:${n}` };
      return { wish: { type: 'FireDue', eventId: eventId(`e${n}`), child }, ms };
    };
    const ends: Step = {
      wish: { type: 'EndChild', parentId: 'timer-55' as TimerId, childId: 'child-1' as TimerId },
      ms: strike + hour + 20_000,
    };
    const waiting = timerAfter(timer, tick(strike, 1), tick(strike + hour + 10_000, 2), ends);
    expect(waiting).toMatchObject({
      fires: 1,
      waitingTick: expect.any(Number),
      nextFireAt: waiting.waitingTick,
    });
    const after = run(waiting, tick(strike + hour + 20_000, 2)).after;
    expect(after).toMatchObject({ fires: 2, waitingTick: null, nextFireAt: at(strike + 2 * hour) });
  });

  it('of an interval after the close is counted in where a late run is skipped: the next is the first to come', () => {
    const timer = named('timer-55', {
      schedPolicyType: 'AFTER_FINISH',
      schedPolicyExpr: '1h',
      jitter: '59m',
      missed: { policy: 'skip' },
    });
    const strike = strikeOf(timerAfter(timer));
    given(timer)
      .when(fire(strike + 2 * minute))
      .then({ type: 'TicksDropped', count: 1, nextFireAt: at(strike + hour) });
  });

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
