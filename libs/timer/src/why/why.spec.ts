import { describe, expect, it } from 'vitest';
import {
  type EpochMs,
  type HistoryFact,
  type TimerState,
  type WhyAnswer,
  type WhyRequest,
  whyBetween,
} from '#timer';
import { at, close, create, dayZero, eventId, fire, run, type Step, step, timerAfter } from '../spec-dsl.js';

const hour = 3_600_000;
const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone: 'Europe/Paris' };
const ms = (text: string): number => Date.parse(text) - dayZero;
const moment = (text: string): EpochMs => Date.parse(text) as EpochMs;

/** The log of these steps, each by its token or else by `ana`, but for what the clock does. */
function historyOf(...steps: readonly Step[]): HistoryFact[] {
  let state: TimerState | null = null;
  const history: HistoryFact[] = [];
  for (const each of steps) {
    const version: number = state?.version ?? 0;
    const { decision, after: next } = run(state, each);
    if (!decision.ok) throw new Error(decision.rejection.message);
    const isClock = each.wish.type === 'FireDue';
    const actor = ('token' in each.wish && String(each.wish.token)) || 'ana';
    for (const [index, event] of decision.events.entries()) {
      history.push({
        version: version + index + 1,
        commandId: null,
        event,
        ...(!isClock && { meta: { actor } }),
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

describe('what the tick met', () => {
  const day = (text: string) => ms(`2026-11-${text}:00Z`);
  const told = (steps: readonly Step[], range: { from: string; to: string; now?: string }) =>
    ask(steps, {
      from: moment(`2026-11-${range.from}:00Z`),
      to: moment(`2026-11-${range.to}:00Z`),
      now: moment(`2026-11-${range.now ?? range.to}:00Z`),
    }).entries.map(({ verdict, reason, sentence }) => [
      verdict,
      reason,
      sentence.replaceAll(' Europe/Paris', ''),
    ]);
  const hold = (token: string, when: string) => step({ type: 'PauseTimer', token }, day(when));
  const letGo = (token: string, when: string) => step({ type: 'ResumeTimer', token }, day(when));
  const begun = create(daily);
  const twoHolds = [begun, hold('ana', '24T20:00'), hold('bob', '24T21:00')];

  it('of two holds the first began the pause, and it goes on while one of them holds', () => {
    const steps = [...twoHolds, letGo('bob', '25T12:00')];
    const range = { from: '25T00:00', to: '26T12:00' };
    expect(told(steps, range)).toEqual([
      [
        'not-fired',
        'paused',
        'did not fire at 2 ticks from 2026-11-25 09:00 to 2026-11-26 09:00: paused since 2026-11-24 21:00 by ana',
      ],
    ]);
    expect(told([...steps, letGo('ana', '27T00:00')], { ...range, now: '27T06:00' })[0]?.[2]).toContain(
      'paused from 2026-11-24 21:00 to 2026-11-27 01:00 by ana',
    );
  });
  it('names who held on when whoever began the pause had let go', () => {
    const steps = [...twoHolds, letGo('ana', '25T12:00'), letGo('bob', '27T00:00')];
    expect(
      told(steps, { from: '25T00:00', to: '26T12:00', now: '27T06:00' }).map(([, , text]) => text),
    ).toEqual([
      'did not fire at 2026-11-25 09:00: paused from 2026-11-24 21:00 to 2026-11-27 01:00 by ana',
      'did not fire at 2026-11-26 09:00: paused from 2026-11-24 21:00 to 2026-11-27 01:00 by ana, then by bob',
    ]);
  });
  it('names nobody for a pause that began before the history, whoever joined it', () => {
    const all = historyOf(...twoHolds);
    const { entries } = whyBetween({
      ...at9('2026-11-25'),
      now: moment('2026-11-25T12:00:00Z'),
      before: timerAfter(...twoHolds.slice(0, 2)),
      history: all.slice(2),
    });
    expect(entries[0]?.sentence).toMatch(/paused since 2026-11-24 21:00 Europe.Paris$/);
  });
  it('keeps two disablements apart that have no tick between them', () => {
    const able = (enable: boolean, when: string) => step({ type: 'UpdateTimer', set: { enable } }, day(when));
    const steps = [begun, able(false, '24T12:00'), able(true, '25T12:00'), able(false, '25T13:00')];
    expect(told(steps, { from: '25T00:00', to: '26T12:00' }).map(([, , text]) => text)).toEqual([
      'did not fire at 2026-11-25 09:00: disabled from 2026-11-24 13:00 to 2026-11-25 13:00 by ana',
      'did not fire at 2026-11-26 09:00: disabled since 2026-11-25 14:00 by ana',
    ]);
  });

  const open = [begun, fire(day('25T08:00'))];
  it('was an open event: it is named, and until when it was open; no outage is', () => {
    const steps = [...open, close(day('27T09:00')), fire(day('27T09:00'), 'e2')];
    expect(told(steps, { from: '26T00:00', to: '26T12:00', now: '27T12:00' })).toEqual([
      [
        'dropped',
        'missed-policy',
        'did not fire at 2026-11-26 09:00: event e1 was still open until 2026-11-27 10:00, and the missed policy does not make up for it (settled at 2026-11-27 10:00)',
      ],
    ]);
  });
  it('was an open event, and a pause only after that', () => {
    const held = [...open, hold('bob', '26T09:00'), close(day('26T10:00'))];
    const range = { from: '26T00:00', to: '26T12:00', now: '26T12:00' };
    expect(told(held, range)).toEqual([
      [
        'pending',
        'paused',
        '2026-11-26 09:00: due, and not fired yet: event e1 was still open until 2026-11-26 11:00, and then paused since 2026-11-26 10:00 by bob',
      ],
    ]);
    const skipped = [create({ ...daily, missed: { policy: 'skip' } }), ...held.slice(1)];
    const steps = [...skipped, letGo('bob', '26T11:00'), fire(day('26T11:00'), 'e2')];
    expect(told(steps, range)).toMatchObject([
      ['dropped', 'paused', expect.stringContaining('e1 was still open')],
    ]);
  });
  it('was an open event, whose close was the last one', () => {
    const steps = [create({ ...daily, maxFires: 1 }), fire(day('25T08:00')), close(day('26T10:00'))];
    expect(told(steps, { from: '26T00:00', to: '26T12:00' })).toEqual([
      [
        'not-fired',
        'ended',
        'did not fire at 2026-11-26 09:00: event e1 was still open until 2026-11-26 11:00, and then the timer ended (max-fires)',
      ],
    ]);
  });
  it('was an open event, and the timer was deleted before it was closed', () => {
    const steps = [...open, step({ type: 'DeleteTimer' }, day('26T10:00'))];
    expect(told(steps, { from: '26T00:00', to: '26T12:00' })).toEqual([
      [
        'not-fired',
        'deleted',
        'did not fire at 2026-11-26 09:00: event e1 was still open until 2026-11-26 11:00, and then the timer was deleted at 2026-11-26 11:00 by ana',
      ],
    ]);
  });
  it('was a fault', () => {
    const steps = [
      begun,
      step({ type: 'FaultTimer', reason: 'odd data' }, day('25T00:00')),
      step({ type: 'UpdateTimer', set: { summary: null } }, day('26T10:00')),
      fire(day('26T10:00')),
    ];
    expect(told(steps, { from: '25T00:00', to: '25T12:00', now: '26T12:00' })[0]?.[2]).toContain(
      'held as faulted: odd data, and the missed policy does not make up for it',
    );
  });
  it('was nothing, and an event by hand went past it', () => {
    const steps = [
      begun,
      step({ type: 'TriggerTimer', requestId: 'r1' }, day('25T08:00')),
      fire(day('25T08:01')),
    ];
    expect(
      told([...steps, close(day('25T09:00'))], { from: '25T08:00', to: '25T08:00', now: '25T12:00' })[0]?.[2],
    ).toContain('it had not been fired when event e1 began at 2026-11-25 09:01, and that one went past it');
  });
  it('was its share of the jitter still: what came before its own moment tells', () => {
    const jittered = create({ ...daily, jitter: '2h' });
    const due = timerAfter(jittered).nextFireAt ?? 0;
    expect(due).toBeGreaterThan(moment('2026-11-25T08:01:00Z'));
    const steps = [jittered, hold('bob', '25T08:01')];
    const { entries } = ask(steps, { ...at9('2026-11-25'), now: (due + hour) as EpochMs });
    expect(entries[0]?.sentence).toMatch(/: paused since 2026-11-25 09:01 Europe.Paris by bob$/);
  });

  const asked = { ...daily, preSchedule: { enable: true, timeout: '3d' } };
  it('was a question to the hook: the next tick waits for its answer, not for a close', () => {
    const steps = [create(asked), fire(day('25T08:00'))];
    const range = { from: '25T00:00', to: '26T12:00' };
    const waits =
      'due, and not fired yet: the hook was asked whether to go on with event e1; it waits for the answer';
    const sentences = (more: readonly Step[]) => told([...steps, ...more], range).map(([, , text]) => text);
    expect(sentences([])).toEqual([`2 ticks from 2026-11-25 09:00 to 2026-11-26 09:00: ${waits}`]);
    const answer = (extra: object) =>
      step({ type: 'AnswerPreSchedule', eventId: eventId(), attempt: 1, ...extra }, day('26T10:00'));
    expect(sentences([answer({ delay: '1d' })])[0]).toContain('the hook asked for time before event e1');
    expect(sentences([answer({})])[0]).toContain('the hook has answered');
    const begins = [answer({}), fire(day('26T10:00'))];
    expect(told([...steps, ...begins], range).slice(1)).toEqual([
      ['pending', 'event-open', expect.stringContaining('event e1 is still open; it waits for the close')],
    ]);
    const all = [...steps, ...begins, close(day('26T11:00')), fire(day('27T08:00'), 'e2')];
    expect(told(all, { from: '26T00:00', to: '26T12:00', now: '27T12:00' })[1]?.[2]).toContain(
      'the hook was still being asked whether to go on with event e1 until 2026-11-26 11:00',
    );
  });
  it('is the attempt that the state has, whatever moved it on: a take-over, a redelivery, a snapshot', () => {
    const claim = (worker: string, when: string, more: object = {}) =>
      step(
        { type: 'ClaimEvent', eventId: eventId(), attempt: 1, worker, ...more } as Step['wish'],
        day(when),
      );
    const steps = [create({ ...daily, ackTimeout: '2d' }), fire(day('25T08:00')), claim('w1', '25T08:01')];
    const taken = [...steps, claim('w2', '25T08:02', { takeOver: true })];
    expect(timerAfter(...taken).open?.attempt).toBe(2);
    const fired = (text: string) => expect.stringMatching(new RegExp(`; still open, attempt ${text}$`));
    const range = { from: '25T00:00', to: '25T12:00' };
    expect(told(taken, range)).toEqual([['fired', null, fired('2')]]);
    const failed = step(
      { type: 'RetryEvent', eventId: eventId(), attempt: 2, error: 'no', after: '3d' } as Step['wish'],
      day('25T08:03'),
    );
    expect(told([...taken, failed], range)).toEqual([['fired', null, fired('2; last error: no')]]);
    // what is known of an event that began before the history is in the state
    const { entries } = whyBetween({
      ...at9('2026-11-25'),
      now: moment('2026-11-25T12:00:00Z'),
      before: timerAfter(...taken, failed),
      history: [],
    });
    expect(entries).toMatchObject([{ fire: { attempts: 2, error: 'no' } }]);
  });
  it('lies after the end, or behind a watermark: it is not to come', () => {
    const ends = create({ ...daily, endAt: moment('2026-11-26T00:00:00Z') });
    const range = { from: '26T00:00', to: '26T12:00', now: '25T00:00' };
    expect(told([ends], range)).toMatchObject([['not-fired', 'end-at', expect.any(String)]]);
    const watermark = moment('2026-11-27T00:00:00Z');
    const ahead = [begun, step({ type: 'UpdateTimer', set: { watermark } }, 5)];
    expect(told(ahead, range)).toMatchObject([['not-fired', 'passed-over', expect.any(String)]]);
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
