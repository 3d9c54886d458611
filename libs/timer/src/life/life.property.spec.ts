import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChildName,
  childKeyOf,
  type EpochMs,
  eventFromJson,
  eventToJson,
  isHeld,
  isSpawning,
  recentCommandsMax,
  type TimerEvent,
  type TimerId,
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

const spawning: fc.Arbitrary<Partial<TimerInput>> = fc
  .record(
    {
      schedPolicyType: fc.constantFrom('INTERVAL', 'CRON', 'ONCE'),
      hookClass: fc.constant(''),
      startAt: fc.integer({ min: -100_000, max: 100_000 }).map(at),
      endAt: fc.integer({ min: 100_000, max: 1_000_000 }).map(at),
      maxFires: fc.integer({ min: 1, max: 4 }),
      missed: fc.record({ policy: fc.constantFrom('latest', 'all', 'skip') }),
      spawn: fc.record({
        timer: fc.constant({ hookClass: 'h' }),
        overlap: fc.constantFrom('skip', 'queueOne', 'allow'),
        openMax: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { requiredKeys: ['schedPolicyType', 'hookClass', 'spawn'] },
  )
  .map((spec) => ({
    ...spec,
    schedPolicyExpr: { INTERVAL: '9s', CRON: '*/7 * * * * *', ONCE: '20s' }[spec.schedPolicyType] ?? '9s',
  })) as fc.Arbitrary<Partial<TimerInput>>;

type Make = (state: TimerState | null, ms: number) => Wish;
const openId = (state: TimerState | null) => state?.open?.eventId ?? eventId('none');
const attempt = (state: TimerState | null) => state?.open?.attempt ?? 1;
let fired = 0;
const childOf = (state: TimerState | null): ChildName => ({
  id: `child-${++fired}` as TimerId,
  key: state === null ? '' : childKeyOf(state),
});
const leaseOf = (state: TimerState | null) => ({
  holder: state?.lease?.holder ?? 'nobody',
  token: state?.lease?.token ?? 1,
});
const makers: Record<string, Make> = {
  fire: (state) => ({ type: 'FireDue', eventId: eventId(`e${++fired}`), child: childOf(state) }),
  childEnds: (state) => ({
    type: 'EndChild',
    parentId: state?.id ?? ('none' as TimerId),
    childId: state?.children[fired % (state.children.length || 1)] ?? ('none' as TimerId),
  }),
  acquire: (state) => ({
    type: 'AcquireLease',
    holder: `h${++fired}`,
    ttl: '20s',
    ...(state === null && { create: { timerId: 't1' as TimerId, namespace: 'n', key: 'k' } }),
  }),
  renew: (state) => ({ type: 'RenewLease', ...leaseOf(state), ttl: '20s' }),
  renewStale: (state) => ({
    type: 'RenewLease',
    ...leaseOf(state),
    token: leaseOf(state).token - 1,
    ttl: '1h',
  }),
  release: (state) => ({ type: 'ReleaseLease', ...leaseOf(state) }),
  delete: () => ({ type: 'DeleteTimer' }),
  close: (state) => ({ type: 'CloseEvent', eventId: openId(state), attempt: attempt(state) }),
  closeStale: (state) => ({ type: 'CloseEvent', eventId: openId(state), attempt: attempt(state) - 1 || 9 }),
  retry: (state) => ({ type: 'RetryEvent', eventId: openId(state), attempt: attempt(state), error: 'no' }),
  handBack: (state) => ({
    type: 'RetryEvent',
    eventId: openId(state),
    attempt: attempt(state),
    handBack: true,
  }),
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
  recall: () => ({ type: 'PauseTimer', token: `r${fired % 3}`, recall: true }),
  rehook: (state) => ({
    type: 'UpdateTimer',
    set: { hookClass: state?.spec.hookClass === 'h' ? 'other' : 'h' },
    recall: true,
  }),
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
const commandsOf = (...more: string[]) =>
  fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(makers).filter((name) => name !== 'delete'), ...more),
      fc.integer({ min: 0, max: 40_000 }),
    ),
    { maxLength: 60 },
  );
const history = commandsOf('fire', 'fire', 'fire', 'close', 'close');
const spawningHistory = commandsOf('fire', 'fire', 'fire', 'fire', 'fire', 'childEnds', 'childEnds');
const leaseHistory = commandsOf('acquire', 'acquire', 'renew', 'renew', 'release', 'delete');

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
          if (['EventCancelled', 'EventRecalled'].includes(event.type) && open > 0) open -= 1;
          expect(open === 0 || open === 1).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('an event is of one hook class from its question to its end', () => {
    holds(({ before, after }) => {
      if (before?.open == null || before.open.eventId !== after?.open?.eventId) return;
      expect(after.spec.hookClass).toBe(before.spec.hookClass);
    });
  });

  it('what counts as a fire is what was triggered and not called back: a question is none', () => {
    fc.assert(
      fc.property(timer, history, (spec, commands) => {
        let [fires, hasBegun] = [0, false];
        for (const { after, events } of play(spec, commands)) {
          for (const { type } of events) {
            if (type === 'PreScheduleAsked') hasBegun = false;
            if (type === 'EventTriggered' || type === 'EventRedriven') hasBegun = true;
            if (type === 'EventTriggered') fires += 1;
            if (type === 'EventRecalled' && hasBegun) fires -= 1;
          }
          expect(after?.fires ?? 0).toBe(fires);
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
          const { after } = run(state, step(makers.fire?.(state, now) ?? { type: 'PauseTimer' }, now));
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
      const recent = after?.recent ?? [];
      const answers = recent.filter(({ isAnswer }) => isAnswer === true);
      expect(answers.length).toBeLessThanOrEqual(recentCommandsMax);
      expect(recent.length - answers.length).toBeLessThanOrEqual(recentCommandsMax);
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

  it('children are bounded, each is spawned once and ends once, and no tick waits beside a free place', () => {
    fc.assert(
      fc.property(spawning, spawningHistory, (spec, commands) => {
        const known = new Set<TimerId>();
        const open = new Set<TimerId>();
        for (const { after, events, before } of play(spec, commands)) {
          for (const event of events) {
            if (event.type === 'ChildSpawned') {
              expect(known.has(event.childId)).toBe(false);
              known.add(event.childId);
              open.add(event.childId);
              expect(event.childKey).toBe(before === null ? '' : childKeyOf(before));
            }
            if (event.type === 'ChildEnded') expect(open.delete(event.childId)).toBe(true);
          }
          if (after === null || !isSpawning(after.spec)) continue;
          expect([...after.children].sort()).toEqual([...open].sort());
          expect(open.size).toBeLessThanOrEqual(after.spec.spawn.openMax);
          const isIdle = after.pausedAt === null && after.spec.enable && after.fault === null;
          if (after.waitingTick !== null && open.size === 0 && isIdle)
            expect(after.nextFireAt).not.toBeNull();
        }
      }),
      { numRuns: 400 },
    );
  });

  it('each tick of a spawning timer is spawned, waits, or is dropped with a reason: none is lost, none comes twice', () => {
    const steady = commandsOf('fire', 'fire', 'fire', 'fire', 'childEnds').map((list) =>
      list.filter(([name]) => ['fire', 'childEnds', 'pause', 'resume'].includes(name)),
    );
    const spec = spawning.map((given) => ({
      ...given,
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '9s',
      startAt: at(0),
      missed: { policy: 'latest' as const },
    }));
    fc.assert(
      fc.property(spec, steady, (given, commands) => {
        const settled: number[] = [];
        for (const { events } of play(given, commands)) {
          for (const event of events) {
            if (event.type === 'TickQueued') settled.push(event.scheduledFor);
            if (event.type === 'ChildSpawned' && !settled.includes(event.scheduledFor))
              settled.push(event.scheduledFor);
            if (event.type === 'TicksDropped')
              for (let tick: number = event.first; tick <= event.last; tick += 9_000) settled.push(tick);
          }
        }
        expect(settled).toEqual(settled.map((_, index) => at(index * 9_000)));
      }),
      { numRuns: 200 },
    );
  });

  it('a lease has one holder at a time, and its tokens rise for ever', () => {
    fc.assert(
      fc.property(timer, leaseHistory, (spec, commands) => {
        let highest = 0;
        for (const { before, after, events, now } of play(spec, commands)) {
          for (const event of events) {
            if (event.type === 'LeaseAcquired') {
              expect(isHeld(before?.lease ?? null, now)).toBe(false);
              expect(event.token).toBeGreaterThan(highest);
              expect(event.token).toBe(after?.version);
              highest = event.token;
            }
            if (event.type === 'LeaseRenewed' || event.type === 'LeaseReleased') {
              expect(isHeld(before?.lease ?? null, now)).toBe(true);
              expect(event.token).toBe(highest);
            }
          }
        }
      }),
      { numRuns: 400 },
    );
  });
});
