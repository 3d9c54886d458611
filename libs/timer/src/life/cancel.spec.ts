import { describe, expect, it } from 'vitest';
import { defaultRetry, statusOf } from '#timer';
import {
  at,
  close,
  create,
  eventId,
  fire,
  given,
  type Step,
  step,
  timerAfter,
  type Wish,
} from '../spec-dsl.js';
import { backoffMs } from './backoff.js';

const once = (extra: object = {}): Step =>
  create({ schedPolicyType: 'ONCE', schedPolicyExpr: '1s', ...extra });
const cancel = (ms: number): Step => step({ type: 'CancelTimer' }, ms);
const retry = (ms: number, attempt: number, extra: object = {}): Step =>
  step({ type: 'RetryEvent', eventId: eventId(), attempt, error: 'no', ...extra } as Wish, ms);
const redrive = (ms: number, extra: object = {}): Step =>
  step({ type: 'RedriveEvent', ...extra } as Wish, ms);

describe('a cancelled timer', () => {
  it('ends before it fires, and never does', () => {
    given(once()).when(cancel(500)).then({ type: 'TimerEnded', reason: 'cancelled', nextFireAt: null });
    given(once(), cancel(500)).when(fire(1_000)).thenNothing();
  });
  it('is cancelled once, and says so each time', () => {
    given(once(), cancel(500)).when(cancel(600)).thenNothing();
  });
  it('keeps its name: a second create of it is refused', () => {
    given(once(), cancel(500)).when(once()).rejected('timer-exists');
  });
  it('that has fired and closed cannot be cancelled any more', () => {
    given(once(), fire(1_000), close(1_100)).when(cancel(1_200)).rejected('timer-ended');
  });
  it('is not tried again when its last attempt fails', () => {
    given(once(), fire(1_000), cancel(1_100))
      .when(retry(1_200, 1))
      .then({ type: 'EventCancelled', attempt: 1, error: 'no', nextFireAt: null });
    expect(statusOf(timerAfter(once(), fire(1_000), cancel(1_100), retry(1_200, 1)))).toBe('ended');
  });
  it('is not delivered again when its last attempt is never answered', () => {
    given(once({ ackTimeout: '5s' }), fire(1_000), cancel(1_100))
      .when(fire(6_000))
      .then({ type: 'EventCancelled', error: null });
  });
  it('still takes the close of the attempt under way, with its result', () => {
    given(once(), fire(1_000), cancel(1_100))
      .when(close(1_200, { result: { text: 'done' } }))
      .then({ type: 'EventClosed', result: { text: 'done' }, nextFireAt: null });
  });
  it('drops an attempt that waits for its time', () => {
    given(once(), fire(1_000), retry(1_100, 1))
      .when(cancel(1_150))
      .then({ type: 'EventCancelled', error: 'no' }, { type: 'TimerEnded', reason: 'cancelled' });
  });
  it('that repeats has no tick after the close under way', () => {
    const after = timerAfter(create(), fire(0), cancel(100), close(200));
    expect(after).toMatchObject({ endedReason: 'cancelled', nextTick: null, nextFireAt: null });
  });
  it('is forgotten after as long as it is kept, counted from the cancellation', () => {
    const kept = once({ keepFor: '1h', ackTimeout: '5s' });
    expect(timerAfter(kept, cancel(500)).nextFireAt).toBe(at(3_600_500));
    const running = [kept, fire(1_000), cancel(1_100)];
    expect(timerAfter(...running).nextFireAt).toBe(at(6_000));
    expect(timerAfter(...running, fire(6_000)).nextFireAt).toBe(at(3_601_100));
    expect(timerAfter(...running, close(1_200)).nextFireAt).toBe(at(3_601_100));
    given(kept, cancel(500)).when(fire(3_600_500)).then({ type: 'TimerDeleted' });
  });
  it('is not triggered by hand, and is woken by an update', () => {
    given(once(), cancel(500))
      .when(step({ type: 'TriggerTimer', requestId: 'r' }, 600))
      .rejected('timer-ended');
    given(once(), cancel(500))
      .when(step({ type: 'UpdateTimer', set: { schedPolicyExpr: '3s' } }, 600))
      .then({ type: 'TimerUpdated', nextTick: at(3_000) });
  });
});

describe('a given-up event', () => {
  const tried = { retry: { maxAttempts: 2, backoff: 'fixed' as const, min: '1s', max: '1s', jitter: false } };
  const givenUp = [
    once(tried),
    fire(1_000),
    retry(1_100, 1, { data: { text: 'second' } }),
    fire(2_100),
    retry(2_200, 2),
    fire(2_200),
  ];

  it('stays with its timer: attempts, data and the last error', () => {
    expect(timerAfter(...givenUp).givenUp).toEqual({
      eventId: 'e1',
      attempt: 2,
      scheduledFor: at(1_000),
      startedAt: at(1_000),
      data: { text: 'second' },
      error: 'no',
      at: at(2_200),
    });
  });
  it('is opened again by a redrive, with its data, and delivered at once as the next attempt', () => {
    given(...givenUp)
      .when(redrive(9_000))
      .then({ type: 'EventRedriven', eventId: 'e1', attempt: 2, nextFireAt: at(9_000) });
    const open = timerAfter(...givenUp, redrive(9_000), fire(9_001, 'other'));
    expect(open).toMatchObject({ givenUp: null, endedReason: null });
    expect(open.open).toMatchObject({
      eventId: 'e1',
      attempt: 3,
      phase: 'delivered',
      data: { text: 'second' },
    });
  });
  it('has as many attempts again, and their waits begin anew', () => {
    const again = [...givenUp, redrive(9_000), fire(9_000), retry(9_100, 3)];
    expect(timerAfter(...again).nextFireAt).toBe(at(10_100));
    given(...again, fire(10_100), retry(10_200, 4))
      .when(fire(10_200))
      .then({ type: 'EventGivenUp', attempt: 4, ended: { reason: 'done' } });
  });
  it('is redriven once', () => {
    given(...givenUp, redrive(9_000))
      .when(redrive(9_100))
      .rejected('event-open');
    given(...givenUp, redrive(9_000), fire(9_000), close(9_100))
      .when(redrive(9_200))
      .rejected('not-given-up');
    given(...givenUp)
      .when(redrive(9_000, { eventId: eventId('e9') }))
      .rejected('not-given-up');
    given(once()).when(redrive(100)).rejected('not-given-up');
  });
  it('of a timer that repeats is redriven beside its ticks, which go on after it', () => {
    const hourly = [create(tried), fire(0), retry(100, 1), fire(1_100), retry(1_200, 2), fire(1_200)];
    const after = timerAfter(...hourly, redrive(2_000), fire(2_000), close(2_100));
    expect(after.nextTick).toBe(timerAfter(...hourly).nextTick);
    expect(after.fires).toBe(1);
  });
});

it('waits of the default policy double from a quarter of a second up to ten minutes', () => {
  const waits = Array.from({ length: 40 }, (_, i) => backoffMs(defaultRetry, eventId(), i + 1));
  for (const [i, wait] of waits.entries()) {
    const whole = Math.min(250 * 2 ** i, 600_000);
    expect(wait).toBeGreaterThanOrEqual(whole / 2);
    expect(wait).toBeLessThanOrEqual(whole);
  }
});
