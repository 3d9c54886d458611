import { describe, expect, it } from 'vitest';
import { specFrom, type TimerInput } from '#timer';
import { validateSpec } from '../life/validate.js';
import { at, close, create, dayZero, fire, given, step, timerAfter } from '../spec-dsl.js';
import { exclusionsOf, parseExclude } from './exclude.js';
import { readZone } from './zone.js';

const hour = 3_600_000;
const ms = (text: string): number => Date.parse(text) - dayZero;
const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *' };
const stretch = (exclude: string[], zoneName: string, moment: string) => {
  const reading = readZone(zoneName);
  if (!reading.ok) throw new Error(reading.message);
  const found = exclusionsOf(exclude, reading.zone)?.stretchAt(Date.parse(moment) as never) ?? null;
  return found === null ? null : [found.fromMs, found.toMs].map((at) => new Date(at).toISOString());
};

describe('excluded dates', () => {
  it('are read with both ends, and run together where they touch', () =>
    expect(parseExclude(['2026-12-27', '2026-12-24/2026-12-26'])).toEqual({
      ok: true,
      ranges: [{ first: 20_811, last: 20_814 }],
    }));
  it('are dates of the zone', () => {
    expect(stretch(['2026-12-25'], 'Asia/Tokyo', '2026-12-24T15:00:00Z')).toEqual([
      '2026-12-24T15:00:00.000Z',
      '2026-12-25T15:00:00.000Z',
    ]);
    expect(stretch(['2026-12-25'], 'Asia/Tokyo', '2026-12-24T14:59:59Z')).toBeNull();
  });
  it('begin where the day begins, also where midnight is skipped', () =>
    // Sao Paulo went from 00:00 to 01:00 on this day
    expect(stretch(['2018-11-04'], 'America/Sao_Paulo', '2018-11-04T12:00:00Z')).toEqual([
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ]));
  it.each<[string, Partial<TimerInput>]>([
    ['is no date', { exclude: ['tomorrow'] }],
    ['holds a date that no calendar has', { exclude: ['2026-02-30'] }],
    ['ends before it begins', { exclude: ['2026-12-26/2026-12-24'] }],
    ['at most 100', { exclude: Array.from({ length: 101 }, () => '2026-12-25') }],
    [
      'leave exclude out',
      { schedPolicyType: 'ONCE', schedPolicyExpr: '2026-12-25T00:00:00Z', exclude: ['2026-12-25'] },
    ],
  ])('are refused with the reason: %s', (message, more) =>
    expect(validateSpec(specFrom('n', 'k', { ...daily, ...more } as TimerInput))).toMatchObject({
      field: 'exclude',
      message: expect.stringContaining(message),
    }),
  );
});

describe('a tick on an excluded date', () => {
  const timer = create({ ...daily, exclude: ['2026-11-25/2026-11-26'] });
  it('is passed by: the next time lies behind it', () =>
    given()
      .when(timer)
      .then({ type: 'TimerCreated', nextTick: at(ms('2026-11-27T09:00:00Z')) }));
  it('is told as dropped when the next one fires', () =>
    given(timer)
      .when(fire(ms('2026-11-27T09:00:00.005Z')))
      .then(
        {
          type: 'TicksDropped',
          reason: 'excluded',
          count: 2,
          first: at(ms('2026-11-25T09:00:00Z')),
          last: at(ms('2026-11-26T09:00:00Z')),
        },
        { type: 'EventTriggered', scheduledFor: at(ms('2026-11-27T09:00:00Z')) },
      ));
  it('is told once', () => {
    const fired = [timer, fire(ms('2026-11-27T09:00:00Z')), close(ms('2026-11-27T09:00:01Z'))];
    given(...fired)
      .when(fire(ms('2026-11-28T09:00:00Z')))
      .then({ type: 'EventTriggered', scheduledFor: at(ms('2026-11-28T09:00:00Z')) });
  });
  it('is never the one that is made up for', () =>
    given(create({ ...daily, exclude: ['2026-11-26'] }))
      .when(fire(ms('2026-11-26T12:00:00Z')))
      .then(
        { type: 'TicksDropped', reason: 'excluded', count: 1 },
        { type: 'EventTriggered', scheduledFor: at(ms('2026-11-25T09:00:00Z')) },
      ));
  it('waits for its turn where every tick is made up for', () => {
    const all = [
      create({ ...daily, exclude: ['2026-11-26'], missed: { policy: 'all' } }),
      fire(ms('2026-11-27T12:00:00Z')),
    ];
    expect(timerAfter(...all).open?.scheduledFor).toBe(at(ms('2026-11-25T09:00:00Z')));
    given(...all, close(ms('2026-11-27T12:00:01Z')))
      .when(fire(ms('2026-11-27T12:00:01Z'), 'e2'))
      .then(
        { type: 'TicksDropped', reason: 'excluded', first: at(ms('2026-11-26T09:00:00Z')) },
        { type: 'EventTriggered', scheduledFor: at(ms('2026-11-27T09:00:00Z')) },
      );
  });
  it('is left behind by an update that lifts the exclusion when it has passed', () => {
    const lifted = step({ type: 'UpdateTimer', set: { exclude: [] } }, ms('2026-11-25T12:00:00Z'));
    given(timer)
      .when(lifted)
      .then(
        { type: 'TicksDropped', reason: 'excluded', count: 1, last: at(ms('2026-11-25T09:00:00Z')) },
        { type: 'TimerUpdated', nextTick: at(ms('2026-11-26T09:00:00Z')) },
      );
  });
  it('fires all the same when the timer is expired', () =>
    given(timer, step({ type: 'ExpireTimer' }, ms('2026-11-25T12:00:00Z')))
      .when(fire(ms('2026-11-25T12:00:00Z')))
      .then(
        { type: 'TicksDropped', reason: 'excluded', count: 1 },
        { type: 'EventTriggered', scheduledFor: at(ms('2026-11-25T12:00:00Z')) },
      ));
  it('keeps an interval on its grid', () => {
    const grid = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '7h', exclude: ['2026-11-25'] };
    const state = timerAfter(create({ ...grid, startAt: at(0) }), fire(0), close(1), fire(7 * hour, 'e2'));
    // ticks at 17:00, then 00:00, 07:00, 14:00 and 21:00 of the 25th, then 04:00
    given(create({ ...grid, startAt: at(0) }), fire(0), close(1), fire(7 * hour, 'e2'))
      .when(close(7 * hour + 1, {}, 'e2'))
      .then({ type: 'EventClosed', nextTick: at(42 * hour) });
    expect(state.open?.scheduledFor).toBe(at(7 * hour));
  });
  it('moves a time that counts from a close by whole intervals', () =>
    given(
      create({ schedPolicyType: 'AFTER_FINISH', schedPolicyExpr: '10h', exclude: ['2026-11-25'] }),
      fire(0),
    )
      .when(close(5 * hour))
      .then({ type: 'EventClosed', nextTick: at(45 * hour) }));
  it('ends a timer for which nothing else is left', () =>
    given()
      .when(create({ ...daily, exclude: ['2026-11-25/9999-12-31'], endAt: at(ms('2026-12-01T00:00:00Z')) }))
      .then({ type: 'TimerCreated', nextFireAt: null }, { type: 'TimerEnded', reason: 'end-at' }));
  it('is counted from below where there are too many to list', () => {
    const every = {
      schedPolicyType: 'CRON',
      schedPolicyExpr: '* * * * * *',
      exclude: ['2026-11-25/2026-12-31'],
    };
    const state = timerAfter(create(every), fire(14 * hour - 1_000), close(14 * hour - 500));
    expect(state.nextTick).toBe(at(ms('2027-01-01T00:00:00Z')));
    given(create(every), fire(14 * hour - 1_000), close(14 * hour - 500))
      .when(fire(ms('2027-01-01T00:00:00Z')))
      .then(
        {
          type: 'TicksDropped',
          reason: 'excluded',
          countIsExact: false,
          last: at(ms('2026-12-31T23:59:59Z')),
        },
        { type: 'EventTriggered' },
      );
  });
});
