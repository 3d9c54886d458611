import { describe, expect, it } from 'vitest';
import { evolve, statusOf, type TimerEvent, type TimerState } from '#timer';
import { at, close, create, eventId, fire, given, run, step, timerAfter } from '../spec-dsl.js';

const hour = 3_600_000;
const once = (expr = '1s', more: object = {}) =>
  create({ schedPolicyType: 'ONCE', schedPolicyExpr: expr, ...more });

describe('creating', () => {
  it('makes a timer that is due at once, and tells its whole spec', () =>
    given()
      .when(create())
      .then({
        type: 'TimerCreated',
        at: at(0),
        nextFireAt: at(0),
        spec: { namespace: 'n', key: 'k', ackTimeout: '30s' },
      }));
  it('refuses a name that is taken', () => given(create()).when(create()).rejected('timer-exists'));
  it('keeps a disabled timer without a clock', () =>
    given()
      .when(create({ enable: false }))
      .then({ type: 'TimerCreated', nextFireAt: null, nextTick: at(0) }));
  it('ends a timer that can never fire', () =>
    given()
      .when(create({ schedPolicyType: 'CRON', schedPolicyExpr: '0 0 30 2 *' }))
      .then({ type: 'TimerCreated', nextFireAt: null }, { type: 'TimerEnded', reason: 'no-next-time' }));
});

describe('firing', () => {
  it('does nothing before its time', () => given(once()).when(fire(999)).thenNothing());
  it('opens an event for the tick, with the ack deadline as its clock', () =>
    given(once())
      .when(fire(1_004))
      .then({
        type: 'EventTriggered',
        attempt: 1,
        scheduledFor: at(1_000),
        startedAt: at(1_004),
        nextFireAt: at(31_004),
      }));
  it('does not open a second event while one is open', () =>
    given(create(), fire(0)).when(fire(10)).thenNothing());
  it('closes by itself without a hook class', () =>
    given(create({ hookClass: '' }))
      .when(fire(0))
      .then({ type: 'EventTriggered' }, { type: 'EventClosed', nextFireAt: at(hour) }));
  it('never fires a disabled timer, and delivers the open event of one all the same', () => {
    given(create({ enable: false }))
      .when(fire(10))
      .thenNothing();
    given(create({ ackTimeout: '1s' }), fire(0), step({ type: 'UpdateTimer', set: { enable: false } }, 10))
      .when(fire(1_000))
      .then({ type: 'EventRedelivered', attempt: 2, reason: 'ack-timeout' });
  });
});

describe('closing', () => {
  it('moves the watermark to where the event began, and counts the next time from there', () =>
    given(create(), fire(5))
      .when(close(100))
      .then({ type: 'EventClosed', watermark: at(5), nextFireAt: at(5 + hour) }));
  it('counts from the close where the policy says so', () =>
    given(create({ schedPolicyType: 'AFTER_FINISH' }), fire(5))
      .when(close(100))
      .then({ type: 'EventClosed', nextFireAt: at(100 + hour) }));
  it('rounds to the grid of UTC', () =>
    given(create({ schedPolicyType: 'ROUNDED', schedPolicyExpr: '5m' }), fire(5))
      .when(close(60_000))
      .then({ type: 'EventClosed', nextFireAt: at(300_000) }));
  it('takes the time that the close names, and ends without one', () => {
    const timer = create({ schedPolicyType: 'ON_CLOSE', schedPolicyExpr: '' });
    given(timer, fire(0))
      .when(close(10, { nextFireAt: at(777) }))
      .then({ type: 'EventClosed', nextFireAt: at(777) });
    given(timer, fire(0))
      .when(close(10))
      .then({ type: 'EventClosed', nextFireAt: null, ended: { reason: 'done' } });
    given(create(), fire(0))
      .when(close(10, { nextFireAt: at(777) }))
      .rejected('invalid-command', 'nextFireAt');
  });
  it('ends a one-shot', () =>
    given(once(), fire(1_000))
      .when(close(1_010))
      .then({ type: 'EventClosed', nextFireAt: null, ended: { reason: 'done' } }));
  it('reads an end of an older log, a fact of its own behind the close, as the same', () => {
    const open = timerAfter(once('1s', { keepFor: '1h' }), fire(1_000));
    const { decision, after } = run(open, close(1_010));
    const [closed] = (decision.ok ? decision.events : []) as Extract<TimerEvent, { type: 'EventClosed' }>[];
    if (closed?.ended === undefined) return expect.unreachable('it ends with its close');
    const { ended, ...alone } = closed;
    const { at: endedAt, nextFireAt } = closed;
    const facts: TimerEvent[] = [
      { ...alone, nextFireAt: null },
      { type: 'TimerEnded', at: endedAt, nextFireAt, ...ended },
    ];
    const [{ commandId } = { commandId: null }] = after?.recent.slice(-1) ?? [];
    const folded = facts.reduce<TimerState | null>(
      (state, event) => evolve(state, { version: (state?.version ?? 0) + 1, commandId, event }),
      open,
    );
    const isOlder = { version: 4, recent: [open.recent[0], { commandId, version: 4 }] };
    expect(folded).toEqual({ ...after, ...isOlder });
  });
  it('replays from a watermark that is set back', () =>
    given(create({ startAt: at(-10 * hour) }), fire(0))
      .when(close(10, { watermark: at(-3 * hour) }))
      .then({ type: 'EventClosed', nextFireAt: at(-2 * hour) }));
  it('keeps the summary unless it is given, and clears it with null', () => {
    const open = [create({ summary: { text: 'a' } }), fire(0)];
    expect(timerAfter(...open, close(1)).summary).toEqual({ text: 'a' });
    expect(timerAfter(...open, close(1, { summary: { text: 'b' } })).summary).toEqual({ text: 'b' });
    expect(timerAfter(...open, close(1, { summary: null })).summary).toBeNull();
  });
  it('refuses a second close, another event, a former attempt', () => {
    given(create(), fire(0), close(1)).when(close(2)).rejected('no-open-event');
    given(create(), fire(0))
      .when(close(2, {}, 'e9'))
      .rejected('event-id-not-match');
    given(create({ ackTimeout: '1s' }), fire(0), fire(1_000))
      .when(close(1_001, { attempt: 1 }))
      .rejected('stale-attempt');
  });
  it('ends after its number of fires, and at its end', () => {
    given(create({ maxFires: 1 }), fire(0))
      .when(close(1))
      .then({ type: 'EventClosed', ended: { reason: 'max-fires' } });
    given(create({ endAt: at(hour - 1) }), fire(0))
      .when(close(1))
      .then({ type: 'EventClosed', ended: { reason: 'end-at' } });
  });
});

describe('retrying', () => {
  const retry = (ms: number, extra: object = {}) =>
    step({ type: 'RetryEvent', eventId: eventId(), ...extra } as never, ms);
  it('waits by the backoff, and delivers the same event with the next attempt', () => {
    const fixed = create({ retry: { backoff: 'fixed', min: '2s', jitter: false } });
    given(fixed, fire(0))
      .when(retry(100, { error: 'no' }))
      .then({ type: 'EventRetryScheduled', attempt: 1, error: 'no', nextFireAt: at(2_100) });
    given(fixed, fire(0), retry(100))
      .when(fire(2_100, 'other'))
      .then({ type: 'EventRedelivered', eventId: 'e1', attempt: 2, reason: 'retry' });
  });
  it('waits as long as the handler says, with the data it gives', () => {
    given(create(), fire(0))
      .when(retry(10, { after: '1h' }))
      .then({ type: 'EventRetryScheduled', nextFireAt: at(10 + hour) });
    given(create(), fire(0))
      .when(retry(10, { at: at(99) }))
      .then({ type: 'EventRetryScheduled', nextFireAt: at(99) });
    given(create(), fire(0))
      .when(retry(10, { at: at(99), after: '1s' }))
      .rejected('invalid-command', 'at');
    expect(timerAfter(create(), fire(0), retry(10, { data: { text: 'x' } })).open?.data).toEqual({
      text: 'x',
    });
  });
  it('gives up after the last attempt, by the clock, and moves the watermark as a close does', () => {
    const two = once('1s', { retry: { maxAttempts: 2, backoff: 'fixed', min: '1s', jitter: false } });
    const last = [two, fire(1_000), retry(1_100), fire(2_100)];
    given(...last)
      .when(retry(2_200, { error: 'still no' }))
      .then({ type: 'EventRetryScheduled', nextFireAt: at(2_200) });
    given(...last, retry(2_200, { error: 'still no' }))
      .when(fire(2_200))
      .then({
        type: 'EventGivenUp',
        attempt: 2,
        error: 'still no',
        watermark: at(1_000),
        ended: { reason: 'done' },
      });
  });
  it('never gives up where the policy says for ever', () => {
    let state = timerAfter(create({ ackTimeout: '1s', retry: { maxAttempts: 0 } }), fire(0));
    for (let i = 1; i <= 100; i += 1)
      state = timerAfter(
        create({ ackTimeout: '1s', retry: { maxAttempts: 0 } }),
        fire(0),
        ...Array.from({ length: i }, (_, n) => fire((n + 1) * 1_000)),
      );
    expect(state.open?.attempt).toBe(101);
  });
  it('moves the deadline by a heartbeat, and by a late acknowledgement, and lets one worker claim', () => {
    const beat = step({ type: 'HeartbeatEvent', eventId: eventId(), worker: 'w' }, 10_000);
    given(create(), fire(0))
      .when(beat)
      .then({ type: 'EventExtended', worker: 'w', nextFireAt: at(40_000) });
    given(create(), fire(0))
      .when(step({ type: 'ConfirmEmission', eventId: eventId(), attempt: 1 }, 5_000))
      .then({ type: 'EventExtended', nextFireAt: at(35_000) });
    given(create(), fire(0))
      .when(step({ type: 'ConfirmEmission', eventId: eventId(), attempt: 2 }, 5_000))
      .thenNothing();
    const claim = (worker: string, ms: number) =>
      step({ type: 'ClaimEvent', eventId: eventId(), worker }, ms);
    given(create(), fire(0)).when(claim('a', 1)).then({ type: 'EventClaimed', worker: 'a' });
    given(create(), fire(0), claim('a', 1)).when(claim('b', 2)).rejected('already-claimed');
    given(create(), fire(0), claim('a', 1)).when(claim('a', 2)).thenNothing();
  });
});

describe('missed ticks', () => {
  const grid = { startAt: at(0), schedPolicyExpr: '1h' };
  it('fire once for any number, and say how many are dropped', () =>
    given(create(grid))
      .when(fire(10 * hour + 5))
      .then(
        { type: 'TicksDropped', count: 10, reason: 'missed-policy', last: at(9 * hour) },
        { type: 'EventTriggered', scheduledFor: at(10 * hour) },
      ));
  it('are made up for one by one', () => {
    const all = create({ ...grid, missed: { policy: 'all' } });
    given(all)
      .when(fire(2 * hour))
      .then({ type: 'EventTriggered', scheduledFor: at(0) });
    given(all, fire(2 * hour))
      .when(close(2 * hour + 1))
      .then({ type: 'EventClosed', watermark: at(0), nextFireAt: at(hour) });
  });
  it('are made up for within a number and an age', () => {
    given(create({ ...grid, missed: { policy: 'all', max: 2 } }))
      .when(fire(5 * hour))
      .then({ type: 'TicksDropped', count: 4 }, { type: 'EventTriggered', scheduledFor: at(4 * hour) });
    given(create({ ...grid, missed: { policy: 'all', within: '90m' } }))
      .when(fire(5 * hour))
      .then({ type: 'TicksDropped', count: 4 }, { type: 'EventTriggered', scheduledFor: at(4 * hour) });
  });
  it('are skipped, but for one that is hardly late', () => {
    const skip = create({ ...grid, missed: { policy: 'skip' } });
    given(skip)
      .when(fire(5 * hour + 120_000))
      .then({ type: 'TicksDropped', count: 6, nextTick: at(6 * hour), nextFireAt: at(6 * hour) });
    given(skip)
      .when(fire(5 * hour + 1_000))
      .then({ type: 'TicksDropped', count: 5 }, { type: 'EventTriggered', scheduledFor: at(5 * hour) });
  });
  it('have an answer of their own for a late creation and for a pause', () => {
    given(create({ startAt: at(-5 * hour + 1), missed: { createdLate: { policy: 'skip' } } }))
      .when(fire(100_000))
      .then(
        { type: 'TicksDropped', reason: 'created-late', count: 5 },
        { type: 'EventTriggered', scheduledFor: at(1) },
      );
    given(
      create({ ...grid, missed: { paused: { policy: 'skip' } } }),
      step({ type: 'PauseTimer' }, 1),
      step({ type: 'ResumeTimer' }, 3 * hour + 100_000),
    )
      .when(fire(3 * hour + 100_000))
      .then({ type: 'TicksDropped', reason: 'paused', count: 4, nextFireAt: at(4 * hour) });
  });
  it('tell a disablement from a pause, whichever ended last', () => {
    const skip = create({ ...grid, missed: { paused: { policy: 'skip' } } });
    const enable = (ms: number, on: boolean) => step({ type: 'UpdateTimer', set: { enable: on } }, ms);
    const late = 3 * hour + 100_000;
    given(skip, enable(1, false), enable(late, true))
      .when(fire(late))
      .then({ type: 'TicksDropped', reason: 'disabled', count: 4, nextFireAt: at(4 * hour) });
    given(
      skip,
      enable(1, false),
      enable(2, true),
      step({ type: 'PauseTimer' }, 3),
      step({ type: 'ResumeTimer' }, late),
    )
      .when(fire(late))
      .then({ type: 'TicksDropped', reason: 'paused', count: 4 });
  });
  it.each([
    ['a number', { max: 3 }],
    ['an age', { within: '2s' }],
    ['both', { max: 3, within: '1h' }],
  ])('are made up for within %s also when they are too many to be listed', (_bound, bound) => {
    const missed = { policy: 'all', ...bound } as const;
    const late = 30_000_000;
    const secondly = [
      create({ schedPolicyExpr: '1s', startAt: at(0), missed }),
      create({ schedPolicyType: 'CRON', schedPolicyExpr: '* * * * * *', startAt: at(0), missed }),
    ];
    for (const second of secondly) {
      given(second)
        .when(fire(late))
        .then(
          { type: 'TicksDropped', reason: 'missed-policy', last: at(late - 3_000) },
          { type: 'EventTriggered', scheduledFor: at(late - 2_000) },
        );
      const first = [second, fire(late), close(late + 1)] as const;
      given(...first)
        .when(fire(late + 2, 'e2'))
        .then({ type: 'EventTriggered', scheduledFor: at(late - 1_000) });
    }
  });
  it.each([
    ['an interval', { schedPolicyExpr: '1s', startAt: at(-60_000_000) }],
    ['cron', { schedPolicyType: 'CRON', schedPolicyExpr: '* * * * * *', startAt: at(-60_000_000) }],
  ])(
    'keep the reason and the rule of their own absence where they are too many to be listed: %s',
    (_, spec) => {
      // more than are listed in each of three absences, the middle one made up for
      const [paused, late] = [40_000_000, 100_000_000];
      const missed = {
        createdLate: { policy: 'skip' },
        paused: { policy: 'skip' },
        serviceDown: { policy: 'all' },
      } as const;
      const held = [step({ type: 'PauseTimer' }, 1), step({ type: 'ResumeTimer' }, paused)] as const;
      const made = create({ ...spec, missed });
      // cron begins at the creation
      const before =
        'schedPolicyType' in spec
          ? []
          : [
              {
                type: 'TicksDropped',
                reason: 'created-late',
                first: at(-60_000_000),
                last: at(-1_000),
              } as const,
            ];
      given(made, ...held)
        .when(fire(late))
        .then(
          ...before,
          {
            type: 'TicksDropped',
            reason: 'paused',
            first: at(before.length === 0 ? 1_000 : 0),
            last: at(paused),
          },
          { type: 'EventTriggered', scheduledFor: at(paused + 1_000) },
        );
      // of those that come after it none is dropped: the next one is next
      given(made, ...held, fire(late), close(late + 1))
        .when(fire(late + 2, 'e2'))
        .then({ type: 'EventTriggered', scheduledFor: at(paused + 2_000) });
      given(create({ ...spec, missed: { ...missed, serviceDown: { policy: 'all', max: 2 } } }), ...held)
        .when(fire(late))
        .then(
          ...before,
          { type: 'TicksDropped', reason: 'paused', last: at(paused) },
          {
            type: 'TicksDropped',
            reason: 'missed-policy',
            first: at(paused + 1_000),
            last: at(late - 2_000),
          },
          { type: 'EventTriggered', scheduledFor: at(late - 1_000) },
        );
    },
  );
  it('are settled in bounded time, however many', () => {
    const second = create({ schedPolicyExpr: '1s', startAt: at(0) });
    given(second)
      .when(fire(400 * 86_400_000))
      .then(
        {
          type: 'TicksDropped',
          count: 400 * 86_400,
          countIsExact: true,
          last: at((400 * 86_400 - 1) * 1_000),
        },
        { type: 'EventTriggered', scheduledFor: at(400 * 86_400_000) },
      );
    given(create({ schedPolicyType: 'CRON', schedPolicyExpr: '* * * * * *' }))
      .when(fire(40 * 86_400_000))
      .then(
        { type: 'TicksDropped', countIsExact: false },
        { type: 'EventTriggered', scheduledFor: at(40 * 86_400_000) },
      );
  });
});

describe('holding and triggering', () => {
  const trigger = (ms: number, timeout?: string) =>
    step({ type: 'TriggerTimer', requestId: 'r1', ...(timeout !== undefined && { timeout }) }, ms);
  it('keeps the same absolute time through a pause, and fires at once if it has passed', () => {
    const paused = [once('1h'), step({ type: 'PauseTimer' }, 10)] as const;
    expect(statusOf(timerAfter(...paused))).toBe('paused');
    given(...paused)
      .when(fire(2 * hour))
      .thenNothing();
    given(...paused)
      .when(step({ type: 'ResumeTimer' }, 20))
      .then({ type: 'TimerResumed', nextFireAt: at(hour) });
    given(...paused, step({ type: 'ResumeTimer' }, 2 * hour))
      .when(fire(2 * hour))
      .then({ type: 'EventTriggered', scheduledFor: at(hour) });
    given(...paused)
      .when(step({ type: 'PauseTimer' }, 20))
      .thenNothing();
    given(once())
      .when(step({ type: 'ResumeTimer' }, 20))
      .rejected('timer-not-paused');
  });
  it('ends a pause by itself at its bound', () =>
    given(once('1h', { maxPause: '2h' }), step({ type: 'PauseTimer' }, 0))
      .when(fire(2 * hour))
      .then({ type: 'TimerResumed', by: 'limit', nextFireAt: at(hour) }));
  it('expires at once, also while paused', () => {
    const expired = [
      once('1h'),
      step({ type: 'PauseTimer' }, 10),
      step({ type: 'ExpireTimer' }, 20),
    ] as const;
    given(...expired)
      .when(fire(20))
      .then({ type: 'EventTriggered', scheduledFor: at(20) });
  });
  it('fires by hand beside the schedule, and marks the request', () => {
    const asked = [once('1h'), trigger(10)] as const;
    given(...asked)
      .when(fire(11))
      .then({ type: 'EventTriggered', manualRequestId: 'r1' });
    expect(timerAfter(...asked, fire(11)).manual).toMatchObject({ processed: true, eventId: 'e1' });
  });
  it('says which ticks an event by hand went past, since none of them fires any more', () =>
    given(create({ startAt: at(0) }), fire(0), close(1), trigger(3 * hour), fire(3 * hour, 'e2'))
      .when(close(3 * hour + 5, {}, 'e2'))
      .then(
        { type: 'TicksDropped', reason: 'missed-policy', first: at(hour), last: at(3 * hour), count: 3 },
        { type: 'EventClosed', watermark: at(3 * hour), nextTick: at(4 * hour) },
      ));
  it('leaves the ticks of a timer that makes up for all of them to come, whatever is fired by hand', () => {
    const all = create({ startAt: at(0), missed: { policy: 'all' } });
    given(all, fire(0), close(1), trigger(3 * hour), fire(3 * hour, 'e2'))
      .when(close(3 * hour + 5, {}, 'e2'))
      .then({ type: 'EventClosed', watermark: at(0), nextTick: at(hour), nextFireAt: at(hour) });
  });
  it('says which ticks went past while nobody answered a question that was asked by hand', () => {
    const skipping = { enable: true, timeout: '10s', onTimeout: 'skip' } as const;
    const asked = [create({ startAt: at(hour), preSchedule: skipping }), trigger(2 * hour), fire(2 * hour)];
    given(...asked)
      .when(fire(2 * hour + 10_000))
      .then(
        { type: 'TicksDropped', reason: 'missed-policy', first: at(hour), last: at(2 * hour), count: 2 },
        { type: 'TicksDropped', reason: 'pre-schedule-timeout', nextTick: at(3 * hour) },
      );
  });
  it('times a request out, strictly after its time, with no event', () => {
    const waiting = [once('1h'), trigger(0, '1m')] as const;
    given(...waiting)
      .when(fire(60_000))
      .then({ type: 'EventTriggered' });
    given(...waiting)
      .when(fire(60_001))
      .then({ type: 'ManualTriggerTimedOut', nextFireAt: at(hour) });
    expect(timerAfter(...waiting, fire(60_001)).manual).toMatchObject({ processed: true, eventId: null });
  });
  it('refuses to trigger while an event is open, while disabled, while paused, while a request waits', () => {
    given(create(), fire(0)).when(trigger(1)).rejected('event-open');
    given(create({ enable: false }))
      .when(trigger(1))
      .rejected('timer-disabled');
    given(create(), step({ type: 'PauseTimer' }, 0))
      .when(trigger(1))
      .rejected('timer-paused');
    given(once('1h'), trigger(1))
      .when(step({ type: 'TriggerTimer', requestId: 'r2' }, 2))
      .rejected('manual-request-pending');
  });
});

describe('asking before an event', () => {
  const asking = create({ preSchedule: { enable: true, timeout: '10s' } });
  const answer = (ms: number, extra: object = {}) =>
    step({ type: 'AnswerPreSchedule', eventId: eventId(), ...extra } as never, ms);
  it('asks first, goes when told, and carries the data', () => {
    given(asking)
      .when(fire(0))
      .then({ type: 'PreScheduleAsked', attempt: 1, nextFireAt: at(10_000) });
    given(asking, fire(0))
      .when(answer(5, { eventData: { text: 'd' } }))
      .then({ type: 'PreScheduleAnswered', nextFireAt: at(5) });
    given(asking, fire(0), answer(5, { eventData: { text: 'd' } }))
      .when(fire(5))
      .then({ type: 'EventTriggered', eventId: 'e1', eventData: { text: 'd' } });
  });
  it('asks again after a delay', () => {
    given(asking, fire(0))
      .when(answer(5, { delay: '1m' }))
      .then({ type: 'PreScheduleDelayed', nextFireAt: at(60_005) });
    given(asking, fire(0), answer(5, { delay: '1m' }))
      .when(fire(60_005))
      .then({ type: 'PreScheduleAsked', attempt: 2 });
  });
  it('fires or skips when nobody answers, as the timer says', () => {
    given(asking, fire(0))
      .when(fire(10_000))
      .then({ type: 'EventTriggered', scheduledFor: at(0) });
    given(create({ preSchedule: { enable: true, timeout: '10s', onTimeout: 'skip' } }), fire(0))
      .when(fire(10_000))
      .then({ type: 'TicksDropped', reason: 'pre-schedule-timeout', count: 1, nextFireAt: at(hour) });
  });
  it('refuses to close or retry what has not been triggered', () =>
    given(asking, fire(0)).when(close(1)).rejected('invalid-command', 'type'));
  it('refuses an answer when nothing is asked', () =>
    given(create(), fire(0)).when(answer(1)).rejected('not-asking'));
});

describe('updating and deleting', () => {
  const update = (set: object, ms = 10, check?: object) =>
    step({ type: 'UpdateTimer', set, ...(check !== undefined && { check }) } as never, ms);
  it('leaves the next fire where it is unless the schedule changes', () => {
    given(once('1h'))
      .when(update({ tags: ['x'] }))
      .then({ type: 'TimerUpdated', spec: { tags: ['x'] }, nextFireAt: at(hour) });
    given(once('1h'))
      .when(update({ schedPolicyExpr: '2h' }))
      .then({ type: 'TimerUpdated', nextFireAt: at(2 * hour) });
    given(once('1h')).when(update({})).then({ type: 'TimerUpdated', spec: {} });
  });
  it('waits for the close when an event is open', () => {
    const changed = [create(), fire(0), update({ schedPolicyExpr: '2h' })] as const;
    expect(timerAfter(...changed).nextFireAt).toBe(at(30_000));
    given(...changed)
      .when(close(20))
      .then({ type: 'EventClosed', nextFireAt: at(2 * hour) });
  });
  it('changes nothing if the result makes no sense, or the field is fixed', () => {
    given(create())
      .when(update({ schedPolicyExpr: '1x' }))
      .rejected('invalid-spec', 'schedPolicyExpr');
    given(create())
      .when(update({ hookClass: 'other' }))
      .rejected('invalid-spec', 'hookClass');
    given(create())
      .when(update({ data: { text: 'x' } }))
      .rejected('invalid-spec', 'data');
  });
  it('brings an ended timer back, and frees a faulted one', () => {
    given(once(), fire(1_000), close(1_001))
      .when(update({ schedPolicyExpr: '1h' }, 2_000))
      .then({ type: 'TimerUpdated', nextFireAt: at(hour) });
    const faulted = [create(), step({ type: 'FaultTimer', reason: 'odd' }, 1)] as const;
    expect(statusOf(timerAfter(...faulted))).toBe('faulted');
    given(...faulted)
      .when(fire(10))
      .thenNothing();
    expect(timerAfter(...faulted, update({ tags: [] })).fault).toBeNull();
  });
  it('lets an open event go on that a fault had stopped', () => {
    const stopped = [create(), fire(0), step({ type: 'FaultTimer', reason: 'odd' }, 1)] as const;
    given(...stopped)
      .when(step({ type: 'HeartbeatEvent', eventId: eventId() }, 2))
      .rejected('timer-faulted');
    given(...stopped, update({}, 5))
      .when(fire(5))
      .then({ type: 'EventRedelivered', attempt: 2 });
  });
  it('checks the version first, then the event', () => {
    given(create())
      .when(update({}, 1, { version: 7, eventId: 'e' }))
      .rejected('version-not-match');
    given(create())
      .when(update({}, 1, { version: 1, eventId: 'e' }))
      .rejected('event-id-not-match');
    given(create())
      .when(update({}, 1, { version: 1 }))
      .then({ type: 'TimerUpdated' });
  });
  it('deletes also while an event is open; the close is told', () => {
    given(create(), fire(0))
      .when(step({ type: 'DeleteTimer' }, 1))
      .then({ type: 'TimerDeleted' });
    given().when(close(2)).rejected('timer-not-exist');
  });
});
