import { describe, expect, it } from 'vitest';
import {
  type CommandId,
  decideWithZoneData,
  type EpochMs,
  evolve,
  movedTick,
  type TimerCommand,
  type TimerEvent,
  type TimerInput,
} from '#timer';
import { at, close, create, dayZero, fire, type Step, timerAfter } from '../spec-dsl.js';

const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone: 'Europe/Paris' };
const decide = decideWithZoneData('2026c');

function eventsOf(before: readonly Step[], { wish, ms }: Step): readonly TimerEvent[] {
  const state = before.length === 0 ? null : timerAfter(...before);
  const command = { ...wish, commandId: wish.type === 'FireDue' ? null : ('c' as CommandId) } as TimerCommand;
  const decision = decide(state, command, at(ms));
  if (!decision.ok) throw new Error(decision.rejection.message);
  return decision.events;
}

describe('the edition of the zone data', () => {
  const nine = Date.parse('2026-11-25T08:00:00Z') - dayZero;
  it('stands beside each planned tick that depends on a named zone', () => {
    expect(eventsOf([], create(daily))).toMatchObject([{ type: 'TimerCreated', tz: '2026c' }]);
    expect(eventsOf([create(daily), fire(nine)], close(nine + 5))).toMatchObject([
      { type: 'EventClosed', tz: '2026c' },
    ]);
    expect(
      eventsOf([create()], { wish: { type: 'UpdateTimer', set: { ...daily } }, ms: 5 } as Step),
    ).toMatchObject([{ type: 'TimerUpdated', tz: '2026c' }]);
  });
  it.each<[string, Partial<TimerInput>]>([
    ['an interval', { schedPolicyExpr: '1h', timeZone: 'Europe/Paris' }],
    ['UTC', { ...daily, timeZone: '' }],
    ['an offset', { ...daily, timeZone: '+02:00' }],
    ['elapsed time', { ...daily, schedPolicyExpr: '@every 5m' }],
  ])('is left out for %s', (_what, timer) => expect(eventsOf([], create(timer))[0]).not.toHaveProperty('tz'));
  it('counts for an interval that leaves out dates of a named zone', () =>
    expect(eventsOf([], create({ timeZone: 'Europe/Paris', exclude: ['2026-12-25'] }))).toMatchObject([
      { tz: '2026c' },
    ]));
  it('is nothing that a state depends on', () => {
    const [event] = eventsOf([], create(daily));
    if (event === undefined) throw new Error('no event');
    const fold = (one: TimerEvent) => evolve(null, { version: 1, commandId: null, event: one });
    const { tz: _tz, ...plain } = event as TimerEvent & { tz?: string };
    expect(fold(event)).toEqual(fold(plain as TimerEvent));
  });
});

describe('a tick that another edition would move', () => {
  const state = timerAfter(create(daily));
  const stale = { ...state, nextTick: ((state.nextTick ?? 0) + 3_600_000) as EpochMs };
  it('is found', () =>
    expect(movedTick(stale, at(0))).toEqual({ stored: stale.nextTick, computed: state.nextTick }));
  it('is none where it is as it would be planned, is due already, or does not depend on a zone', () => {
    expect(movedTick(state, at(0))).toBeNull();
    expect(movedTick(stale, ((stale.nextTick ?? 0) + 1) as EpochMs)).toBeNull();
    expect(movedTick({ ...stale, spec: { ...stale.spec, timeZone: '+01:00' } }, at(0))).toBeNull();
  });
  it.each<[string, readonly Step[]]>([
    ['a close', [fire(Date.parse('2026-11-25T08:00:00Z') - dayZero), close(90_000_000)]],
    [
      'a pause and its end',
      [
        { wish: { type: 'PauseTimer' }, ms: 5 },
        { wish: { type: 'ResumeTimer' }, ms: 9 },
      ],
    ],
    ['an update', [{ wish: { type: 'UpdateTimer', set: { tags: ['x'] } }, ms: 5 }]],
  ])('is no false alarm after %s', (_what, steps) =>
    expect(movedTick(timerAfter(create(daily), ...steps), at(100))).toBeNull(),
  );
});
