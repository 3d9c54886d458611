import { describe, expect, it } from 'vitest';
import { statusOf, type TimerInput } from '#timer';
import { at, close, create, dayZero, eventId, fire, given, run, step, timerAfter } from '../spec-dsl.js';

// What users of a timer framework count on, beyond the rules of each command: close, manual trigger, pre-schedule, and
// changes that meet a timer in the middle of something.

const hour = 3_600_000;
const update = (set: object, ms: number) => step({ type: 'UpdateTimer', set } as never, ms);
const trigger = (ms: number, more: object = {}) =>
  step({ type: 'TriggerTimer', requestId: 'r1', ...more } as never, ms);
const answer = (ms: number, more: object = {}) =>
  step({ type: 'AnswerPreSchedule', eventId: eventId(), ...more } as never, ms);
const once = (expr = '1h', more: Partial<TimerInput> = {}) =>
  create({ schedPolicyType: 'ONCE', schedPolicyExpr: expr, ...more });

describe('a new timer', () => {
  it('is version 1, idle, enabled, and made at the moment of the decision', () =>
    expect(timerAfter(create({}, 77))).toMatchObject({
      version: 1,
      createTime: at(77),
      open: null,
      spec: { enable: true, hookClass: 'h', tags: [], data: null },
      watermark: null,
    }));
  it('takes what it is given as it is, and leaves the giver’s object alone', () => {
    const given = Object.freeze({ schedPolicyExpr: '2h', tags: Object.freeze(['b', 'a', 'a']) });
    expect(timerAfter(create(given)).spec.tags).toEqual(['b', 'a', 'a']);
  });
  it('that was deleted comes back as another one, at version 1', () => {
    const gone = run(timerAfter(create(), fire(0), close(1)), step({ type: 'DeleteTimer' }, 2)).after;
    expect(gone).toBeNull();
    expect(run(gone, create({}, 3)).after).toMatchObject({ version: 1, createTime: at(3), fires: 0 });
  });
  it('waits a whole interval when its watermark lies ahead', () =>
    given()
      .when(create({ watermark: at(5 * hour) }))
      .then({ type: 'TimerCreated', nextTick: at(6 * hour) }));
  it('of a cron schedule waits for its first tick, rather than fire for one that it never saw', () =>
    given()
      .when(create({ schedPolicyType: 'CRON', schedPolicyExpr: '0 12 * * *' }))
      .then({ type: 'TimerCreated', nextTick: at(2 * hour) }));
});

describe('a close', () => {
  it('leaves the timer idle, one version on, with nothing of the event', () => {
    const before = timerAfter(create({ watermark: at(-hour) }), fire(0));
    const after = timerAfter(create({ watermark: at(-hour) }), fire(0), close(5));
    expect(before.open).toMatchObject({ eventId: 'e1', watermarkBefore: at(-hour), startedAt: at(0) });
    expect(after).toMatchObject({ open: null, version: before.version + 1 });
    expect(statusOf(after)).toBe('waiting');
  });
  it('takes any watermark as it is: the old one makes the run due again, a later one skips', () => {
    const open = [create({ watermark: at(-hour) }), fire(0)];
    expect(timerAfter(...open, close(5, { watermark: at(-hour) })).nextFireAt).toBe(at(0));
    expect(timerAfter(...open, close(5, { watermark: at(9 * hour) })).nextFireAt).toBe(at(10 * hour));
    expect(timerAfter(...open, close(5, { watermark: null })).watermark).toBeNull();
  });
  it('is not held up by what changed meanwhile: tags, schedule, enable', () => {
    const changed = update({ tags: ['x'], schedPolicyExpr: '3h', enable: false }, 3);
    given(create(), fire(0), changed)
      .when(close(5, { attempt: 1 }))
      .then({ type: 'EventClosed', nextFireAt: null, nextTick: at(3 * hour) });
  });
  it('keeps the manual request that the event came from, until the next request', () => {
    const closed = [once(), trigger(10), fire(11), close(12)] as const;
    expect(timerAfter(...closed).manual).toMatchObject({
      requestId: 'r1',
      processed: true,
      eventId: 'e1',
    });
    expect(timerAfter(...closed, trigger(20, { requestId: 'r2' })).manual).toMatchObject({
      requestId: 'r2',
      processed: false,
      eventId: null,
    });
  });
});

describe('a manual trigger', () => {
  it('waits two minutes unless it says otherwise, and is due at once', () => {
    expect(timerAfter(once(), trigger(10)).manual).toEqual({
      requestId: 'r1',
      requestedAt: at(10),
      timeoutMs: 120_000,
      processed: false,
      eventId: null,
    });
    expect(timerAfter(once(), trigger(10)).nextFireAt).toBe(at(10));
  });
  it('that comes again by the same request id happens once, whatever has become of it and of the timer', () => {
    const asked = [create({ maxFires: 9 }), trigger(10)];
    const fired = [...asked, fire(11)];
    const closed = [...fired, close(12), update({ tags: ['a'] }, 13), update({ tags: ['b'] }, 14)];
    const timedOut = [once(), trigger(10, { timeout: '1s' }), fire(1_011)];
    const held = [...closed, step({ type: 'PauseTimer' }, 15), update({ enable: false }, 16)];
    for (const past of [asked, fired, closed, timedOut, held])
      given(...past)
        .when(trigger(2_000))
        .thenNothing();
    given(...closed, trigger(15, { requestId: 'r2' }))
      .when(trigger(16, { requestId: 'r3' }))
      .rejected('manual-request-pending');
  });
  it('is told of the open event before it is told of the disabled timer', () => {
    given(create(), fire(0), update({ enable: false }, 1))
      .when(trigger(2))
      .rejected('event-open');
    given().when(trigger(2)).rejected('timer-not-exist');
  });
  it('fires a timer that has no next time at all', () =>
    given(once('1s'), fire(1_000), close(1_001), trigger(2_000))
      .when(fire(2_000, 'e2'))
      .then({ type: 'EventTriggered', manualRequestId: 'r1' }));
  it('rests while the timer is disabled, and is looked at when it is enabled again', () => {
    const disabled = [once(), trigger(0), update({ enable: false }, 10)] as const;
    given(...disabled)
      .when(fire(20))
      .thenNothing();
    given(...disabled, update({ enable: true }, 60_000))
      .when(fire(60_000))
      .then({ type: 'EventTriggered', manualRequestId: 'r1' });
    given(...disabled, update({ enable: true }, 120_001))
      .when(fire(120_001))
      .then({ type: 'ManualTriggerTimedOut', requestId: 'r1', nextFireAt: at(hour) });
  });
  it('is not processed while the hook is asked, and is when the event begins', () => {
    const asked = [once('1h', { preSchedule: { enable: true } }), trigger(10), fire(11)] as const;
    expect(timerAfter(...asked).manual).toMatchObject({ processed: false, eventId: null });
    expect(timerAfter(...asked, answer(12), fire(12)).manual).toMatchObject({
      processed: true,
      eventId: 'e1',
    });
  });
  it('marks its own event only: the next tick’s has no request, and the old request never fires again', () => {
    const steps = [create(), fire(0), close(1), trigger(10), fire(10, 'e2'), close(11, {}, 'e2')] as const;
    expect(timerAfter(...steps).nextFireAt).toBe(at(10 + hour));
    given(...steps)
      .when(fire(10 + hour, 'e3'))
      .then({ type: 'EventTriggered', manualRequestId: null, scheduledFor: at(10 + hour) });
  });
  it('moves the watermark as any run does, and with it the next tick', () => {
    const byHand = timerAfter(create(), fire(0), close(1), trigger(10), fire(10, 'e2'), close(11, {}, 'e2'));
    expect(byHand).toMatchObject({ watermark: at(10), nextFireAt: at(10 + hour) });
  });
});

describe('a question before an event', () => {
  const asking = create({ preSchedule: { enable: true, timeout: '10s' } });
  it('opens nothing: the timer is idle to the eye, its watermark and its fires are where they were', () => {
    const state = timerAfter(asking, fire(0));
    expect(statusOf(state)).toBe('asking');
    expect(state).toMatchObject({ watermark: null, fires: 0, lastTick: null });
  });
  it('keeps its event id through each delay, and the delay is in the log', () =>
    given(asking, fire(0), answer(5, { delay: '1m' }), fire(60_005, 'other'))
      .when(answer(60_006))
      .then({ type: 'PreScheduleAnswered', eventId: 'e1', attempt: 2 }));
  it('leads to no event when the timer is disabled or paused before the answer', () => {
    given(asking, fire(0), update({ enable: false }, 1), answer(2))
      .when(fire(2))
      .then({ type: 'TicksDropped', reason: 'disabled', count: 1, nextFireAt: null });
    given(asking, fire(0), step({ type: 'PauseTimer' }, 1), answer(2))
      .when(fire(2))
      .then({ type: 'TicksDropped', reason: 'paused', count: 1, nextFireAt: null });
    expect(timerAfter(asking, fire(0), update({ enable: false }, 1), answer(2), fire(2)).open).toBeNull();
  });
  it('is over when the timer is deleted: the answer is told so', () => {
    const gone = run(timerAfter(asking, fire(0)), step({ type: 'DeleteTimer' }, 1)).after;
    expect(run(gone, answer(2)).decision).toMatchObject({
      ok: false,
      rejection: { code: 'timer-not-exist' },
    });
  });
});

describe('schedules that count', () => {
  it('an interval is elapsed time: clocks that change do not move it', () =>
    given(
      create({
        schedPolicyExpr: '1d',
        timeZone: 'Europe/Paris',
        watermark: at(Date.parse('2027-03-27T12:00:00Z') - dayZero),
      }),
    )
      .when(update({ tags: ['x'] }, 5))
      .then({
        type: 'TimerUpdated',
        nextTick: at(Date.parse('2027-03-28T12:00:00Z') - dayZero),
      }));
  it('an interval without a grid keeps its length with jitter: the share is in the start that it counts from', () => {
    const state = timerAfter(create({ jitter: '30m' }));
    const first = (state.nextFireAt ?? 0) - dayZero;
    expect(first).toBeGreaterThan(0);
    const closed = timerAfter(create({ jitter: '30m' }), fire(first), close(first + 1));
    expect(closed.nextFireAt).toBe(at(first + hour));
  });
  it('a time that counts from a close goes on when one run of it is skipped', () => {
    const skipping = create({
      schedPolicyType: 'AFTER_FINISH',
      schedPolicyExpr: '1h',
      missed: { policy: 'skip' },
    });
    const dropped = [skipping, fire(0), close(1), fire(5 * hour)] as const;
    given(skipping, fire(0), close(1))
      .when(fire(5 * hour))
      .then({ type: 'TicksDropped', count: 1, first: at(hour + 1), nextTick: at(5 * hour + 1) });
    given(...dropped)
      .when(fire(5 * hour + 1, 'e2'))
      .then({ type: 'EventTriggered', scheduledFor: at(5 * hour + 1) });
  });
  it('after downtime over many ticks there is one event, it starts now, and knows the watermark before it', () => {
    const hourly = create({ schedPolicyType: 'CRON', schedPolicyExpr: '0 * * * *', watermark: at(0) });
    const late = timerAfter(hourly, fire(5 * hour + 60_000));
    expect(late.open).toMatchObject({
      scheduledFor: at(5 * hour),
      startedAt: at(5 * hour + 60_000),
      watermarkBefore: at(0),
    });
    expect(timerAfter(hourly, fire(5 * hour + 60_000), close(5 * hour + 90_000)).nextFireAt).toBe(
      at(6 * hour),
    );
  });
});
