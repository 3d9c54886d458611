import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EpochMs,
  eventFromJson,
  eventToJson,
  recentCommandsMax,
  type TimerEvent,
  type TimerInput,
  type TimerState,
} from '#timer';
import { at, create, eventId, run, type Step, step, type Wish } from '../spec-dsl.js';

// Laws that hold for any history: random timers, random commands, a clock that only rises.

const timer: fc.Arbitrary<Partial<TimerInput>> = fc.record(
  {
    schedPolicyType: fc.constantFrom('INTERVAL', 'AFTER_FINISH', 'ROUNDED'),
    schedPolicyExpr: fc.constantFrom('1s', '90s', '1h', '1d'),
    hookClass: fc.constantFrom('h', 'h', ''),
    enable: fc.constantFrom(true, true, false),
    startAt: fc.integer({ min: -100_000, max: 100_000 }).map(at),
    maxFires: fc.integer({ min: 1, max: 4 }),
    exclude: fc.constantFrom(['2026-11-24'], ['2026-11-25/2026-11-26'], []),
    maxPause: fc.constantFrom('5s', '1h'),
    ackTimeout: fc.constantFrom('1s', '30s'),
    retry: fc.record({ maxAttempts: fc.integer({ min: 0, max: 3 }) }),
    missed: fc.record({ policy: fc.constantFrom('latest', 'all', 'skip') }),
    preSchedule: fc.record({
      enable: fc.boolean(),
      timeout: fc.constant('3s'),
      onTimeout: fc.constantFrom('fire', 'skip'),
    }),
  },
  { requiredKeys: ['schedPolicyType', 'schedPolicyExpr', 'hookClass'] },
) as fc.Arbitrary<Partial<TimerInput>>;

type Make = (state: TimerState | null, ms: number) => Wish;
const openId = (state: TimerState | null) => state?.open?.eventId ?? eventId('none');
const attempt = (state: TimerState | null) => state?.open?.attempt ?? 1;
let fired = 0;
const makers: Record<string, Make> = {
  fire: () => ({ type: 'FireDue', eventId: eventId(`e${++fired}`) }),
  close: (state) => ({ type: 'CloseEvent', eventId: openId(state), attempt: attempt(state) }),
  closeStale: (state) => ({ type: 'CloseEvent', eventId: openId(state), attempt: attempt(state) - 1 || 9 }),
  retry: (state) => ({ type: 'RetryEvent', eventId: openId(state), attempt: attempt(state), error: 'no' }),
  beat: (state) => ({ type: 'HeartbeatEvent', eventId: openId(state), attempt: attempt(state) }),
  answer: (state) => ({ type: 'AnswerPreSchedule', eventId: openId(state), attempt: attempt(state) }),
  delay: (state) => ({
    type: 'AnswerPreSchedule',
    eventId: openId(state),
    attempt: attempt(state),
    delay: '2s',
  }),
  pause: () => ({ type: 'PauseTimer' }),
  resume: () => ({ type: 'ResumeTimer' }),
  hold: () => ({ type: 'PauseTimer', token: `t${fired % 3}` }),
  letGo: () => ({ type: 'ResumeTimer', token: `t${fired % 3}` }),
  cancel: () => ({ type: 'CancelTimer' }),
  redrive: () => ({ type: 'RedriveEvent' }),
  expire: () => ({ type: 'ExpireTimer' }),
  trigger: () => ({ type: 'TriggerTimer', requestId: `r${++fired}`, timeout: '10s' }),
  disable: () => ({ type: 'UpdateTimer', set: { enable: false } }),
  enable: () => ({ type: 'UpdateTimer', set: { enable: true } }),
  respec: () => ({ type: 'UpdateTimer', set: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '7s' } }),
  rewind: (_state, ms) => ({ type: 'UpdateTimer', set: { watermark: at(ms - 10_000) } }),
  fault: () => ({ type: 'FaultTimer', reason: 'odd' }),
  confirm: (state) => ({ type: 'ConfirmEmission', eventId: openId(state), attempt: attempt(state) }),
};
const history = fc.array(
  fc.tuple(
    fc.constantFrom(...Object.keys(makers), 'fire', 'fire', 'fire', 'close', 'close'),
    fc.integer({ min: 0, max: 40_000 }),
  ),
  { maxLength: 60 },
);

interface Moment {
  readonly before: TimerState | null;
  readonly after: TimerState | null;
  readonly events: readonly TimerEvent[];
  readonly wish: Wish;
  readonly now: EpochMs;
}

/** `fire` waits until the clock strikes, if it ever does: a real fire service would. */
function play(spec: Partial<TimerInput>, commands: readonly (readonly [string, number])[]): Moment[] {
  const moments: Moment[] = [];
  let [state, ms]: [TimerState | null, number] = [null, 0];
  const take = (each: Step): void => {
    const before = state;
    const { decision, after } = run(before, each);
    state = after;
    moments.push({
      before,
      after,
      events: decision.ok ? decision.events : [],
      wish: each.wish,
      now: at(each.ms),
    });
  };
  take(create(spec));
  for (const [name, waitMs] of commands) {
    const clock: number | null = state === null ? null : ((state as TimerState).nextFireAt as number | null);
    ms = name === 'fire' && clock !== null ? Math.max(ms, clock - at(0)) + (waitMs % 2_000) : ms + waitMs;
    take(step(makers[name]?.(state, ms) ?? { type: 'PauseTimer' }, ms));
  }
  return moments;
}

const holds = (law: (moment: Moment, index: number, all: readonly Moment[]) => void) =>
  fc.assert(
    fc.property(timer, history, (spec, commands) => {
      play(spec, commands).forEach(law);
    }),
    { numRuns: 400 },
  );

describe('for any history', () => {
  it('at most one event is open, and only a close, a give-up or a cancellation ends it', () => {
    fc.assert(
      fc.property(timer, history, (spec, commands) => {
        let open = 0;
        for (const event of play(spec, commands).flatMap(({ events }) => events)) {
          if (event.type === 'EventTriggered' || event.type === 'EventRedriven') open += 1;
          if (['EventClosed', 'EventGivenUp'].includes(event.type)) open -= 1;
          // what was still being asked had not begun
          if (event.type === 'EventCancelled' && open > 0) open -= 1;
          expect(open === 0 || open === 1).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('the watermark moves only by a close, a give-up or an update, and by default only forward', () => {
    holds(({ before, after, events }) => {
      if (before === null || after === null || before.watermark === after.watermark) return;
      const movers = events.filter(({ type }) =>
        ['EventClosed', 'EventGivenUp', 'TimerUpdated'].includes(type),
      );
      expect(movers.length).toBeGreaterThan(0);
      if (movers.every(({ type }) => type !== 'TimerUpdated'))
        expect(after.watermark).toBeGreaterThan(before.watermark ?? Number.NEGATIVE_INFINITY);
    });
  });

  it('the clock of an event is the clock of the state, and a timer that waits for nothing has none', () => {
    holds(({ after, events }) => {
      const last = events.at(-1);
      if (after === null || last === undefined) return;
      expect(after.nextFireAt).toBe(last.nextFireAt);
      const isHeld = after.pausedAt === null ? !after.spec.enable : after.spec.maxPause === null;
      const waitsForNothing = after.open === null && isHeld;
      if (waitsForNothing || after.fault !== null) expect(after.nextFireAt).toBeNull();
    });
  });

  it('the clock that strikes makes progress: something happens, and no timer is due for ever', () => {
    holds(({ before, events, wish, now }) => {
      if (wish.type !== 'FireDue' || before?.nextFireAt == null) return;
      if (before.nextFireAt > now) expect(events).toEqual([]);
      else expect(events.length).toBeGreaterThan(0);
    });
    fc.assert(
      fc.property(timer, history, (spec, commands) => {
        let state = play(spec, commands).at(-1)?.after ?? null;
        const now = 10_000_000;
        // nobody but the clock: it comes to rest, or waits for a later moment
        for (let strikes = 0; state?.nextFireAt != null && state.nextFireAt <= at(now); strikes += 1) {
          expect(strikes).toBeLessThan(50_000);
          const before: number = state.version;
          const { after } = run(state, step({ type: 'FireDue', eventId: eventId(`z${strikes}`) }, now));
          expect(after?.version ?? 0).toBeGreaterThan(before);
          state = after;
          if (state?.spec.hookClass === '' && state.spec.missed.serviceDown.policy === 'all') break;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a stale attempt changes nothing', () => {
    holds(({ before, events, wish }) => {
      if (wish.type === 'CloseEvent' && before?.open != null && wish.attempt !== before.open.attempt)
        expect(events).toEqual([]);
    });
  });

  it('versions rise by one an event, and the last few commands are remembered', () => {
    holds(({ before, after, events }) => {
      if (after !== null) expect(after.version).toBe((before?.version ?? 0) + events.length);
      expect(after?.recent.length ?? 0).toBeLessThanOrEqual(recentCommandsMax);
    });
  });

  it('an event is the same after its JSON', () => {
    holds(({ events }) => {
      for (const event of events) expect(eventFromJson(eventToJson(event))).toEqual(event);
    });
  });

  it('payloads keep every character through the JSON of an event, NUL and lone surrogates too', () => {
    const anyText = fc
      .array(fc.integer({ min: 0, max: 0xffff }))
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(anyText, (text) => {
        const { decision } = run(null, create({ data: { text }, summary: { text, encoding: 'base64' } }));
        if (!decision.ok) throw new Error(decision.rejection.message);
        const json = eventToJson(decision.events[0] as TimerEvent);
        expect(Buffer.from(json, 'utf8').toString('utf8')).toBe(json);
        expect(eventFromJson(json)).toMatchObject({ spec: { data: { text } }, summary: { text } });
      }),
    );
  });
});
