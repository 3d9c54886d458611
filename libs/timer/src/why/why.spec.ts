import { describe, expect, it } from 'vitest';
import {
  type EpochMs,
  type HistoryFact,
  type TimerState,
  type WhyAnswer,
  type WhyRequest,
  whyBetween,
} from '#timer';
import { at, close, create, dayZero, eventId, fire, run, type Step, step } from '../spec-dsl.js';

const hour = 3_600_000;
const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone: 'Europe/Paris' };
const ms = (text: string): number => Date.parse(text) - dayZero;
const moment = (text: string): EpochMs => Date.parse(text) as EpochMs;

/** The log of these steps, each by `ana`, but for what the clock does. */
function historyOf(...steps: readonly Step[]): HistoryFact[] {
  let state: TimerState | null = null;
  const history: HistoryFact[] = [];
  for (const each of steps) {
    const version: number = state?.version ?? 0;
    const { decision, after: next } = run(state, each);
    if (!decision.ok) throw new Error(decision.rejection.message);
    const isClock = each.wish.type === 'FireDue';
    for (const [index, event] of decision.events.entries()) {
      history.push({
        version: version + index + 1,
        commandId: null,
        event,
        ...(!isClock && { meta: { actor: 'ana' } }),
      });
    }
    state = next;
  }
  return history;
}

const ask = (
  steps: readonly Step[],
  range: Partial<WhyRequest> & Pick<WhyRequest, 'from' | 'to'>,
): WhyAnswer => whyBetween({ now: range.to, before: null, history: historyOf(...steps), ...range });
const at9 = (day: string) => ({ from: moment(`${day}T08:00:00Z`), to: moment(`${day}T08:00:00Z`) });

describe('why it fired', () => {
  it('is late from when the tick was to fire: an interval that counts from its start has its jitter in there', () => {
    const timer = create({ jitter: '30m' });
    const strike = (run(null, timer).after?.nextFireAt ?? 0) - dayZero;
    expect(strike).toBeGreaterThan(2);
    const verdictAt = (steps: Step[], tick: number, now: number) =>
      ask(steps, { from: at(tick), to: at(tick), now: at(now) }).entries[0]?.verdict;
    expect(verdictAt([timer], 0, strike - 1)).toBe('planned');
    expect(verdictAt([timer], 0, strike)).toBe('pending');
    const next = strike + hour;
    expect(verdictAt([timer, fire(strike), close(strike + 1)], next, next)).toBe('pending');
  });
  it('tells the tick, the lateness, the attempts and how it ended', () => {
    const steps = [
      create({ ...daily, ackTimeout: '1s' }),
      fire(ms('2026-11-25T08:00:00.012Z')),
      fire(ms('2026-11-25T08:00:01.012Z')),
      close(ms('2026-11-25T08:00:01.500Z')),
    ];
    const { entries } = ask(steps, { ...at9('2026-11-25'), now: moment('2026-11-25T09:00:00Z') });
    expect(entries).toMatchObject([
      {
        verdict: 'fired',
        fire: {
          latenessMs: 12,
          attempts: 2,
          outcome: 'closed',
          closedAt: moment('2026-11-25T08:00:01.500Z'),
        },
      },
    ]);
    expect(entries[0]?.sentence).toBe(
      'fired for 2026-11-25 09:00 Europe/Paris at 2026-11-25 09:00:00.012 (12 ms after its time); closed at 2026-11-25 09:00:01.500 after 2 attempts',
    );
  });
  it('tells what else became of an event: cancelled, called back, redriven', () => {
    const fired = [create(daily), fire(ms('2026-11-25T08:00:00Z'))];
    const end = { at: moment('2026-11-25T08:00:05Z'), nextFireAt: null, eventId: eventId(), attempt: 1 };
    const told = (event: HistoryFact['event']) => {
      const history = [...historyOf(...fired), { version: 9, commandId: null, event }];
      const answer = whyBetween({
        ...at9('2026-11-25'),
        now: moment('2026-11-26T00:00:00Z'),
        before: null,
        history,
      });
      return [answer.entries[0]?.fire?.outcome, answer.entries[0]?.sentence.split('; ').slice(1).join('; ')];
    };
    expect(told({ ...end, type: 'EventCancelled', error: 'no' })).toEqual([
      'cancelled',
      'cancelled at 2026-11-25 09:00:05 on the first attempt; last error: no',
    ]);
    expect(told({ ...end, type: 'EventRecalled', nextTick: at(0) })).toEqual([
      'recalled',
      'called back at 2026-11-25 09:00:05, before anybody had begun it',
    ]);
    expect(told({ ...end, type: 'EventRedriven' })).toEqual(['open', 'still open, attempt 1']);
  });
  it('tells a fire by hand from a tick', () => {
    const steps = [create(daily), step({ type: 'TriggerTimer', requestId: 'r1' }, 10), fire(20)];
    expect(ask(steps, { from: at(0), to: at(hour) }).entries).toMatchObject([
      { verdict: 'fired', fire: { manualRequestId: 'r1', outcome: 'open' } },
    ]);
  });
});

describe('why it did not fire', () => {
  const paused = [
    create(daily),
    step({ type: 'PauseTimer' }, ms('2026-11-24T20:00:00Z')),
    step({ type: 'ResumeTimer' }, ms('2026-11-27T10:00:00Z')),
    fire(ms('2026-11-27T10:00:00.004Z')),
    close(ms('2026-11-27T10:00:01Z')),
  ];
  it('was paused, from when to when and by whom', () => {
    const { entries } = ask(paused, { ...at9('2026-11-25'), now: moment('2026-11-28T00:00:00Z') });
    expect(entries).toMatchObject([{ verdict: 'dropped', reason: 'paused' }]);
    expect(entries[0]?.sentence).toBe(
      'did not fire at 2026-11-25 09:00 Europe/Paris: paused from 2026-11-24 21:00 Europe/Paris to 2026-11-27 11:00 Europe/Paris by ana',
    );
  });
  it('of several ticks that fared alike one entry tells, and the fire that made up for them comes after it', () => {
    const range = { from: moment('2026-11-25T00:00:00Z'), to: moment('2026-11-27T23:00:00Z') };
    expect(ask(paused, range).entries).toMatchObject([
      { verdict: 'dropped', count: 2, first: moment('2026-11-25T08:00:00Z') },
      { verdict: 'fired', first: moment('2026-11-27T08:00:00Z'), fire: { outcome: 'closed' } },
    ]);
  });
  it('is paused still', () => {
    const { entries } = ask(paused.slice(0, 2), at9('2026-11-25'));
    expect(entries[0]).toMatchObject({
      verdict: 'not-fired',
      reason: 'paused',
      sentence:
        'did not fire at 2026-11-25 09:00 Europe/Paris: paused since 2026-11-24 21:00 Europe/Paris by ana',
    });
  });
  it.each<[string, string, readonly Step[], string, string]>([
    [
      'was disabled',
      'disabled',
      [create(daily), step({ type: 'UpdateTimer', set: { enable: false } }, 5)],
      '2026-11-25',
      'disabled since 2026-11-24 11:00:00.005 Europe/Paris by ana',
    ],
    [
      'was not there yet',
      'not-created',
      [create(daily)],
      '2026-11-23',
      'the timer was created only at 2026-11-24 11:00 Europe/Paris by ana',
    ],
    [
      'had been deleted',
      'deleted',
      [create(daily), step({ type: 'DeleteTimer' }, 5)],
      '2026-11-25',
      'the timer was deleted at 2026-11-24 11:00:00.005 Europe/Paris by ana',
    ],
    [
      'had ended',
      'ended',
      [
        create({ ...daily, maxFires: 1 }),
        fire(ms('2026-11-25T08:00:00Z')),
        close(ms('2026-11-25T08:00:01Z')),
      ],
      '2026-11-26',
      'the timer had ended (max-fires)',
    ],
    [
      'was faulted',
      'faulted',
      [create(daily), step({ type: 'FaultTimer', reason: 'odd data' }, 5)],
      '2026-11-25',
      'held as faulted: odd data',
    ],
    [
      'was passed over',
      'passed-over',
      [create(daily), step({ type: 'UpdateTimer', set: { watermark: moment('2026-11-26T00:00:00Z') } }, 5)],
      '2026-11-25',
      'the watermark or another schedule was set past it',
    ],
  ])('%s', (_what, reason, steps, day, sentence) => {
    const { entries } = ask(steps, at9(day));
    expect(entries).toMatchObject([{ reason, sentence: expect.stringContaining(sentence) }]);
  });
  it('lay on an excluded date', () => {
    const { entries } = ask([create({ ...daily, exclude: ['2026-11-25'] })], at9('2026-11-25'));
    expect(entries).toMatchObject([{ verdict: 'not-fired', reason: 'excluded' }]);
    expect(entries[0]?.sentence).toBe('did not fire at 2026-11-25 09:00 Europe/Paris: its date is excluded');
  });
  it('waits for the close of the event before it, or is late, or is still to come', () => {
    const open = [create(daily), fire(ms('2026-11-25T08:00:00Z'))];
    expect(ask(open, at9('2026-11-26')).entries).toMatchObject([
      { verdict: 'pending', reason: 'event-open' },
    ]);
    expect(ask([create(daily)], at9('2026-11-25')).entries).toMatchObject([
      { verdict: 'pending', reason: 'late' },
    ]);
    expect(ask([create(daily)], { ...at9('2026-11-25'), now: at(0) }).entries).toMatchObject([
      { verdict: 'planned' },
    ]);
  });
  it('was missed while nothing ran', () => {
    const steps = [create(daily), fire(ms('2026-11-27T12:00:00Z'))];
    const { entries } = ask(steps, { ...at9('2026-11-25'), now: moment('2026-11-28T00:00:00Z') });
    expect(entries).toMatchObject([{ verdict: 'dropped', reason: 'missed-policy' }]);
    expect(entries[0]?.sentence).toContain('settled at 2026-11-27 13:00 Europe/Paris');
  });
  it('was no tick at all', () => {
    const eight = { from: moment('2026-11-25T07:00:00Z'), to: moment('2026-11-25T07:00:00Z') };
    expect(ask([create(daily)], eight).entries).toMatchObject([
      { verdict: 'no-tick', sentence: '2026-11-25 08:00 Europe/Paris is no tick of CRON 0 9 * * *' },
    ]);
  });
});

describe('a long range', () => {
  it('is cut, and says so', () => {
    const every = create({ schedPolicyType: 'CRON', schedPolicyExpr: '* * * * * *' });
    const answer = ask([every, step({ type: 'PauseTimer' }, 0)], { from: at(1), to: at(40 * 24 * hour) });
    expect(answer).toMatchObject({ isCut: true, entries: [{ reason: 'paused', count: 1_000 }] });
  });
  it('begins in the middle of the history, where the state before it is given', () => {
    const all = historyOf(create(daily), step({ type: 'PauseTimer' }, 10));
    const before = historyOf(create(daily)).length;
    const first = run(null, create(daily)).after;
    expect(
      whyBetween({ ...at9('2026-11-25'), now: at(48 * hour), before: first, history: all.slice(before) })
        .entries,
    ).toMatchObject([{ reason: 'paused' }]);
  });
  it('explains a schedule that counts from each close by the times that were planned', () => {
    const steps = [create({ schedPolicyType: 'AFTER_FINISH', schedPolicyExpr: '1h' }), fire(0), close(5)];
    expect(ask(steps, { from: at(0), to: at(2 * hour), now: at(6) }).entries).toMatchObject([
      { verdict: 'fired', first: at(0) },
      { verdict: 'planned', first: at(hour + 5) },
    ]);
  });
});
