import { describe, expect, it } from 'vitest';
import {
  createSchedEventPolicy,
  defaultDst,
  type EpochMs,
  nextEventTime,
  preview,
  previewChange,
  specFrom,
  type TimerInput,
} from '#timer';
import { at, close, create, fire, step, timerAfter } from '../spec-dsl.js';

const hour = 3_600_000;
const moment = (text: string): EpochMs => Date.parse(text) as EpochMs;
const paris = (expr: string, more: Partial<TimerInput> = {}) =>
  specFrom('n', 'k', {
    schedPolicyType: 'CRON',
    schedPolicyExpr: expr,
    timeZone: 'Europe/Paris',
    hookClass: 'h',
    ...more,
  });
const shown = (spec: ReturnType<typeof paris>, from: string, count: number) =>
  preview(spec, { count, from: moment(from) }).fires.map(
    ({ localTime, utcOffset }) => `${localTime} ${utcOffset}`,
  );

describe('nextEventTime', () => {
  const broken = paris('61 * * * *');
  const progress = { createTime: at(0) };
  it('has none for a disabled timer, whatever its expression says', () =>
    expect(nextEventTime({ ...broken, enable: false }, progress)).toEqual({
      ok: true,
      at: null,
      none: 'disabled',
    }));
  it('is an error for an enabled timer whose expression makes no sense', () =>
    expect(nextEventTime(broken, progress)).toMatchObject({
      ok: false,
      message: expect.stringContaining('invalid cron expr'),
    }));
  it('lies strictly after the later of watermark and last tick', () => {
    const spec = paris('0 9 * * *');
    const [first, second] = [moment('2026-11-25T08:00:00Z'), moment('2026-11-26T08:00:00Z')];
    expect(nextEventTime(spec, { ...progress, watermark: first })).toMatchObject({ at: second });
    expect(nextEventTime(spec, { ...progress, watermark: at(0), lastTick: first })).toMatchObject({
      at: second,
    });
  });
  it('says why nothing is left', () => {
    expect(nextEventTime(paris('0 0 30 2 *'), progress)).toMatchObject({ at: null, none: 'no-next-time' });
    expect(nextEventTime(paris('0 9 * * *', { maxFires: 2 }), { ...progress, fires: 2 })).toMatchObject({
      none: 'max-fires',
    });
    expect(nextEventTime(paris('0 9 * * *', { endAt: at(0) }), progress)).toMatchObject({ none: 'end-at' });
  });
});

describe('a preview of a spec', () => {
  it('shows the local time and the offset, through a change of the clocks', () =>
    expect(shown(paris('0 9 * * *'), '2027-03-26T12:00:00Z', 3)).toEqual([
      '2027-03-27T09:00:00 +01:00',
      '2027-03-28T09:00:00 +02:00',
      '2027-03-29T09:00:00 +02:00',
    ]));
  it('names what the zone skips', () => {
    const [, second] = preview(paris('30 2 * * *'), { count: 2, from: moment('2027-03-26T12:00:00Z') }).fires;
    expect(second).toMatchObject({ localTime: '2027-03-29T02:30:00' });
    expect(second?.skipped).toEqual([
      {
        reason: 'dst-gap',
        firstLocal: '2027-03-28T02:30:00',
        lastLocal: '2027-03-28T02:30:00',
        count: 1,
        countIsExact: true,
      },
    ]);
    expect(second?.why).toContain('2027-03-28 02:30:00 does not fire: the zone skips that local time');
  });
  it('says which local time a shifted fire stands for', () => {
    const spec = paris('30 2 * * *', { dst: { gap: 'shift' } });
    const [, second] = preview(spec, { count: 2, from: moment('2027-03-26T12:00:00Z') }).fires;
    expect(second).toMatchObject({
      localTime: '2027-03-28T03:00:00',
      shiftedFrom: '2027-03-28T02:30:00',
      utcOffset: '+02:00',
      skipped: [],
    });
  });
  it('tells the first from the second of two', () => {
    const from = moment('2027-10-30T12:00:00Z');
    expect(preview(paris('30 2 * * *'), { count: 2, from }).fires).toMatchObject([
      { fold: 'first', utcOffset: '+02:00', fireAt: moment('2027-10-31T00:30:00Z') },
      { fold: 'second', utcOffset: '+01:00', fireAt: moment('2027-10-31T01:30:00Z') },
    ]);
    const firstOnly = preview(paris('30 2 * * *', { dst: { overlap: 'first' } }), { count: 2, from });
    expect(firstOnly.fires[1]).toMatchObject({
      localTime: '2027-11-01T02:30:00',
      skipped: [{ reason: 'dst-overlap', count: 1 }],
    });
  });
  it('makes up for what has passed by its missed policy, and names the rest', () => {
    const spec = specFrom('n', 'k', {
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      startAt: at(-3 * hour),
    });
    expect(preview(spec, { count: 2, from: at(10) }).fires).toMatchObject([
      {
        tick: at(0),
        fireAt: at(10),
        isMissed: true,
        skipped: [{ reason: 'created-late', count: 3, firstLocal: '2026-11-24T07:00:00' }],
      },
      { tick: at(hour), isMissed: false, skipped: [] },
    ]);
  });
  it('ends where the schedule ends, and says why', () => {
    const ended = preview(paris('0 9 * * *', { maxFires: 2 }), { count: 5, from: at(0) });
    expect(ended).toMatchObject({ ended: 'max-fires', fires: [{}, {}] });
    expect(preview(paris('0 0 30 2 *'), { count: 5, from: at(0) })).toMatchObject({
      ended: 'no-next-time',
      fires: [],
    });
  });
  it('shows times that count from a close as though it came at once', () =>
    expect(
      preview(
        { ...paris(''), schedPolicyType: 'AFTER_FINISH', schedPolicyExpr: '1h' },
        {
          count: 2,
          from: at(0),
        },
      ),
    ).toMatchObject({ dependsOnClose: true, fires: [{ fireAt: at(0) }, { fireAt: at(hour) }] }));
  it('knows no share of the jitter before there is an id', () =>
    expect(preview(paris('0 9 * * *', { jitter: '5m' }), { count: 1, from: at(0) })).toMatchObject({
      jitterUnknown: '5m',
      fires: [{ jitterMs: 0 }],
    }));
});

describe('a preview of a timer', () => {
  const grid = { startAt: at(0), schedPolicyExpr: '1h' };
  it('agrees with what the timer then does', () => {
    const state = timerAfter(create({ ...grid, jitter: '10m' }));
    const { fires } = preview(state, { count: 3, from: at(0) });
    expect(fires[0]).toMatchObject({ fireAt: state.nextFireAt, jitterMs: expect.any(Number) });
    const first = (fires[0]?.fireAt ?? 0) - at(0);
    const after = timerAfter(create({ ...grid, jitter: '10m' }), fire(first), close(first + 5));
    expect(fires[1]?.fireAt).toBe(after.nextFireAt);
  });
  it('takes no tick for missed whose share of the jitter is still to come', () => {
    const state = timerAfter(create({ ...grid, jitter: '10m', missed: { policy: 'skip', within: '1ms' } }));
    const fireAt = state.nextFireAt ?? at(0);
    const jitterMs = fireAt - at(0);
    expect(jitterMs).toBeGreaterThan(1);
    const [first] = preview(state, { count: 1, from: at(1) }).fires;
    expect(first).toMatchObject({ fireAt, jitterMs, isMissed: false, skipped: [] });
  });
  it('shows a held timer as though it were let go, and says what holds it', () => {
    const paused = timerAfter(create(grid), step({ type: 'PauseTimer' }, 1));
    expect(preview(paused, { count: 1, from: at(5 * hour + 1) })).toMatchObject({
      heldBy: 'paused',
      fires: [{ tick: at(5 * hour), skipped: [{ reason: 'paused', count: 5 }] }],
    });
    expect(preview(timerAfter(create({ ...grid, enable: false })), { count: 1, from: at(0) })).toMatchObject({
      heldBy: 'disabled',
      fires: [{ tick: at(0) }],
    });
  });
  it('goes on from an open event as though it were closed now', () =>
    expect(preview(timerAfter(create(grid), fire(0)), { count: 1, from: at(10) }).fires).toMatchObject([
      { tick: at(hour) },
    ]));
  it('shows a pending manual request as what comes first', () => {
    const asked = timerAfter(create({ schedPolicyType: 'ONCE', schedPolicyExpr: '1h' }), {
      wish: { type: 'TriggerTimer', requestId: 'r1' },
      ms: 10,
    });
    expect(preview(asked, { count: 2, from: at(20) }).fires).toMatchObject([
      { manualRequestId: 'r1', fireAt: at(20) },
      { manualRequestId: null, tick: at(hour) },
    ]);
  });
});

describe('a preview of a change', () => {
  const state = timerAfter(create({ startAt: at(hour), schedPolicyExpr: '1h' }));
  it('tells what it brings, what it takes away and what stays', () => {
    const change = previewChange(state, { schedPolicyExpr: '2h' }, { count: 4, from: at(1) });
    expect(change).toMatchObject({ ok: true, same: 2 });
    expect(change.ok && change.removed.map(({ tick }) => tick)).toEqual([at(2 * hour), at(4 * hour)]);
    expect(change.ok && change.added).toEqual([]);
  });
  it('is refused as the update would be', () =>
    expect(previewChange(state, { schedPolicyExpr: '1x' }, { count: 1, from: at(1) })).toMatchObject({
      ok: false,
      rejection: { code: 'invalid-spec', field: 'schedPolicyExpr' },
    }));
  it('changes nothing', () => {
    const before = structuredClone(state);
    previewChange(state, { schedPolicyExpr: '2h' }, { count: 100, from: at(1) });
    expect(state).toEqual(before);
  });
});

it('a policy tells its zone, also one that the expression names itself', () => {
  const reading = createSchedEventPolicy('CRON', 'CRON_TZ=Asia/Tokyo 0 9 * * *', 'Europe/Paris', defaultDst);
  expect(reading.ok && reading.policy.zone.name).toBe('Asia/Tokyo');
});

it('a preview names the excluded ticks before a fire', () => {
  const spec = paris('0 9 * * *', { exclude: ['2026-11-25/2026-11-26'] });
  const [first] = preview(spec, { count: 1, from: at(0) }).fires;
  expect(first).toMatchObject({
    localTime: '2026-11-27T09:00:00',
    skipped: [{ reason: 'excluded', count: 2, firstLocal: '2026-11-25T09:00:00' }],
    why: '2026-11-27 09:00:00 Europe/Paris (+01:00); before it, 2 ticks from 2026-11-25 09:00:00 to 2026-11-26 09:00:00 do not fire: excluded',
  });
});
