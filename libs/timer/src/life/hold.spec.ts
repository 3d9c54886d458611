import { describe, expect, it } from 'vitest';
import { pauseHoldsMax } from '#timer';
import { at, create, eventId, fire, given, type Step, step, timerAfter, type Wish } from '../spec-dsl.js';

const once = (extra: object = {}): Step =>
  create({ schedPolicyType: 'ONCE', schedPolicyExpr: '10s', ...extra });
const token = (name?: string) => (name === undefined ? {} : { token: name });
const pause = (ms: number, name?: string): Step => step({ type: 'PauseTimer', ...token(name) }, ms);
const resume = (ms: number, name?: string): Step => step({ type: 'ResumeTimer', ...token(name) }, ms);

describe('a timer that several hold', () => {
  it('goes on when the last of them lets go, at the time it always had', () => {
    const held = timerAfter(once(), pause(1_000, 'a'), pause(2_000, 'b'), resume(3_000, 'a'));
    expect(held).toMatchObject({
      pausedAt: at(1_000),
      pausedBy: [{ token: 'b', at: at(2_000) }],
      nextFireAt: null,
    });
    const free = timerAfter(
      once(),
      pause(1_000, 'a'),
      pause(2_000, 'b'),
      resume(3_000, 'a'),
      resume(4_000, 'b'),
    );
    expect(free).toMatchObject({ pausedAt: null, pausedBy: [], nextFireAt: at(10_000) });
  });
  it('is held once by each, however often they say it', () => {
    given(once(), pause(1_000, 'a')).when(pause(2_000, 'a')).thenNothing();
    given(once(), pause(1_000)).when(pause(2_000)).thenNothing();
  });
  it('is let go by nobody who does not hold it', () => {
    given(once(), pause(1_000, 'a')).when(resume(2_000, 'b')).rejected('timer-not-paused', 'token');
  });
  it('is let go by all at once when nobody is named', () => {
    given(once(), pause(1_000, 'a'), pause(1_000))
      .when(resume(2_000))
      .then({ type: 'TimerResumed', by: 'command', nextFireAt: at(10_000) });
  });
  it('has an upper bound that counts from the newest of them', () => {
    const bounded = { maxPause: '5s' };
    const two = [once(bounded), pause(1_000, 'a'), pause(3_000, 'b')];
    expect(timerAfter(...two).nextFireAt).toBe(at(8_000));
    given(...two)
      .when(fire(8_000))
      .then({ type: 'TimerResumed', by: 'limit', nextFireAt: at(10_000) });
    given(...two, fire(8_000))
      .when(resume(8_500, 'a'))
      .rejected('timer-not-paused');
  });
  it('is held by so many and no more', () => {
    const holds = Array.from({ length: pauseHoldsMax }, (_, i) => pause(100 + i, `t${i}`));
    given(once(), ...holds)
      .when(pause(900, 'one more'))
      .rejected('invalid-command', 'token');
    given(once(), ...holds)
      .when(pause(900, 't0'))
      .thenNothing();
  });
  it('refuses a token that is empty or long', () => {
    given(once()).when(pause(100, '')).rejected('invalid-command', 'token');
    given(once())
      .when(pause(100, 'x'.repeat(65)))
      .rejected('invalid-command', 'token');
  });
});

describe('work that has begun', () => {
  const claimed = [
    once(),
    fire(10_000),
    step({ type: 'ClaimEvent', eventId: eventId(), worker: 'w' }, 10_001),
  ];
  const unclaimed = { check: { unclaimed: true } } as const;
  it.each([
    ['PauseTimer', 'TimerPaused'],
    ['DeleteTimer', 'TimerDeleted'],
    ['CancelTimer', 'TimerEnded'],
  ] as const)('is not called back by a %s that asks first', (type, event) => {
    const wish = step({ type, ...unclaimed } as Wish, 10_002);
    given(...claimed)
      .when(wish)
      .rejected('already-claimed');
    given(once(), fire(10_000)).when(wish).then({ type: event });
  });
  it('is over when its attempt failed: then the timer can be held again', () => {
    const failed = [...claimed, step({ type: 'RetryEvent', eventId: eventId(), attempt: 1 } as Wish, 10_100)];
    given(...failed)
      .when(step({ type: 'PauseTimer', ...unclaimed }, 10_101))
      .then({ type: 'TimerPaused' });
  });
  const recall = (ms: number): Step => step({ type: 'PauseTimer', token: 'u', recall: true }, ms);
  it('is not called back by a pause or an update that would', () => {
    given(...claimed)
      .when(recall(10_002))
      .rejected('already-claimed');
    given(...claimed)
      .when(step({ type: 'UpdateTimer', set: { schedPolicyExpr: '20s' }, recall: true }, 10_002))
      .rejected('already-claimed');
  });
  it('has not begun while nobody has claimed it: a pause calls it back, and it comes again when resumed', () => {
    given(once(), fire(10_000))
      .when(recall(10_100))
      .then(
        { type: 'EventRecalled', eventId: 'e1', nextTick: at(10_000) },
        { type: 'TimerPaused', nextFireAt: null },
      );
    const held = [once(), fire(10_000), recall(10_100)];
    expect(timerAfter(...held)).toMatchObject({ open: null, fires: 0, nextTick: at(10_000) });
    given(...held)
      .when(step({ type: 'ClaimEvent', eventId: eventId(), worker: 'w' }, 10_101))
      .rejected('no-open-event');
    given(...held)
      .when(resume(12_000, 'u'))
      .then({ type: 'TimerResumed', nextFireAt: at(10_000) });
  });
  it('is called back by an update, which sets another time at once', () => {
    given(once(), fire(10_000))
      .when(
        step({ type: 'UpdateTimer', set: { schedPolicyExpr: '20s', watermark: null }, recall: true }, 10_100),
      )
      .then(
        { type: 'EventRecalled' },
        { type: 'TimerUpdated', nextTick: at(20_000), nextFireAt: at(20_000) },
      );
  });
  it('is called back from its hook class, which alone lets that change', () => {
    const rehook = (set: object, ms: number, extra: object = { recall: true }): Step =>
      step({ type: 'UpdateTimer', set, ...extra } as Wish, ms);
    given(once())
      .when(rehook({ hookClass: 'other' }, 1, {}))
      .rejected('invalid-spec', 'hookClass');
    given(once())
      .when(rehook({ data: { text: 'other' } }, 1))
      .rejected('invalid-spec', 'data');
    given(once())
      .when(rehook({ hookClass: 'a/b' }, 1))
      .rejected('invalid-spec', 'hookClass');
    given(...claimed)
      .when(rehook({ hookClass: 'other' }, 10_002))
      .rejected('already-claimed');
    const rehooked = [once(), fire(10_000), rehook({ hookClass: 'other' }, 10_100)];
    given(once(), fire(10_000))
      .when(rehook({ hookClass: 'other' }, 10_100))
      .then(
        { type: 'EventRecalled', eventId: 'e1' },
        { type: 'TimerUpdated', spec: { hookClass: 'other' }, nextFireAt: at(10_000) },
      );
    // the former class still has the event in its topic
    for (const type of ['ClaimEvent', 'CloseEvent', 'RetryEvent', 'HeartbeatEvent']) {
      const answer = step({ type, eventId: eventId(), attempt: 1, worker: 'w' } as Wish, 10_200);
      given(...rehooked)
        .when(answer)
        .rejected('no-open-event');
      given(...rehooked, fire(10_150, 'e2'))
        .when(answer)
        .rejected('event-id-not-match');
    }
    expect(timerAfter(...rehooked, fire(10_150, 'e2'))).toMatchObject({
      spec: { hookClass: 'other' },
      open: { eventId: 'e2', attempt: 1 },
    });
  });
  it('is called back while its hook is being asked, and has not fired', () => {
    const asking = [once({ preSchedule: { enable: true } }), fire(10_000)];
    expect(timerAfter(...asking, recall(10_100))).toMatchObject({ open: null, fires: 0 });
    const hourly = create({ maxFires: 2, preSchedule: { enable: true, onTimeout: 'fire', timeout: '1s' } });
    const fired = [hourly, fire(0), fire(1_000), step({ type: 'CloseEvent', eventId: eventId() }, 1_001)];
    const asked = timerAfter(...fired, fire(3_601_001, 'e2'));
    expect(asked).toMatchObject({ fires: 1, open: { phase: 'asking' } });
    expect(timerAfter(...fired, fire(3_601_001, 'e2'), recall(3_601_002)).fires).toBe(1);
  });
  it('comes again by hand if it was fired by hand, and the tick of the schedule comes beside it', () => {
    const hourly = create({ startAt: at(-1_000) });
    const asked = step({ type: 'TriggerTimer', requestId: 'r1' }, 0);
    const recalled = [hourly, asked, fire(10), recall(200_000)];
    given(hourly, asked, fire(10))
      .when(recall(200_000))
      .then({ type: 'EventRecalled', nextTick: at(-1_000), manualRequestId: 'r1' }, { type: 'TimerPaused' });
    expect(timerAfter(...recalled)).toMatchObject({
      fires: 0,
      nextTick: at(-1_000),
      manual: { requestId: 'r1', requestedAt: at(200_000), processed: false, eventId: null },
    });
    const again = [...recalled, resume(201_000, 'u')];
    given(...again)
      .when(fire(201_001, 'e2'))
      .then({ type: 'EventTriggered', eventId: 'e2', manualRequestId: 'r1' });
    given(...again, fire(201_001, 'e2'))
      .when(step({ type: 'CloseEvent', eventId: eventId('e2') } as Wish, 201_002))
      .then({ type: 'TicksDropped', first: at(-1_000) }, { type: 'EventClosed', nextTick: at(3_599_000) });
  });
  it('closes itself, once its timer has no hook class any more', () => {
    given(once(), fire(10_000), step({ type: 'UpdateTimer', set: { hookClass: '' }, recall: true }, 10_100))
      .when(fire(10_200, 'e2'))
      .then({ type: 'EventTriggered', eventId: 'e2' }, { type: 'EventClosed', eventId: 'e2' });
  });
  it('is none of a timer that spawns: its children have a hook class, itself it has none', () => {
    const spawn = { timer: { hookClass: 'h' } };
    const update = (set: object): Step => step({ type: 'UpdateTimer', set, recall: true } as Wish, 1);
    given(once({ hookClass: '', spawn }))
      .when(update({ hookClass: 'other' }))
      .rejected('invalid-spec', 'hookClass');
    given(once({ hookClass: '', spawn }))
      .when(update({ hookClass: 'other', spawn: null }))
      .then({ type: 'TimerUpdated', spec: { hookClass: 'other', spawn: null } });
    given(once())
      .when(update({ hookClass: '', spawn }))
      .then({ type: 'TimerUpdated', spec: { hookClass: '' } });
  });
  it('brings no tick back that was dropped before it, when it is called back', () => {
    const hourly = create({ maxPause: null, missed: { paused: { policy: 'all' } }, startAt: at(0) });
    const hour = 3_600_000;
    // of three that passed the last one fires; whoever trusts the others to be gone must not meet them again
    const late = [
      hourly,
      fire(0),
      step({ type: 'CloseEvent', eventId: eventId() } as Wish, 1),
      fire(3 * hour + 5, 'e2'),
    ];
    expect(timerAfter(...late)).toMatchObject({
      lastTick: at(3 * hour),
      open: { scheduledFor: at(3 * hour), lastTickBefore: at(2 * hour) },
    });
    const recalled = [...late, recall(3 * hour + 10)];
    expect(timerAfter(...recalled)).toMatchObject({ lastTick: at(2 * hour), nextTick: at(3 * hour) });
    given(
      ...recalled,
      resume(3 * hour + 20, 'u'),
      step({ type: 'UpdateTimer', set: { timeZone: 'UTC' } }, 3 * hour + 30),
    )
      .when(fire(3 * hour + 40, 'e3'))
      .then({ type: 'EventTriggered', scheduledFor: at(3 * hour), lastTick: at(2 * hour) });
  });
  it('that failed is called back too, and comes again at its own time', () => {
    const failed = [...claimed, step({ type: 'RetryEvent', eventId: eventId(), attempt: 1 } as Wish, 10_100)];
    given(...failed)
      .when(recall(10_101))
      .then({ type: 'EventRecalled', nextTick: at(10_000) }, { type: 'TimerPaused' });
  });
});

it('a timer that has ended is not changed by who asks for a live one', () => {
  const ended = [once(), fire(10_000), step({ type: 'CloseEvent', eventId: eventId() }, 10_001)];
  const live = { check: { live: true } } as const;
  for (const wish of [
    { type: 'PauseTimer', ...live },
    { type: 'UpdateTimer', set: { schedPolicyExpr: '20s' }, ...live },
    { type: 'DeleteTimer', ...live },
  ] as const)
    given(...ended)
      .when(step(wish, 10_002))
      .rejected('timer-ended');
  given(once())
    .when(step({ type: 'DeleteTimer', ...live }, 1))
    .then({ type: 'TimerDeleted' });
});
