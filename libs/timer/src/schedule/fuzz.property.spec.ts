import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSchedEventPolicy,
  type EpochMs,
  type EventId,
  nextEventTime,
  parseDuration,
  parseInstant,
  schedPolicyTypes,
  specFrom,
  type TimerInput,
  type TimerState,
  validateTimeZone,
} from '#timer';
import { validateSpec } from '../life/validate.js';
import { at, create, dayZero, run, type Step, step } from '../spec-dsl.js';
import { parseCron } from './cron.js';
import { parseExclude } from './exclude.js';

// Any text where a schedule is expected: an answer comes, in bounded time, and what is accepted can be planned for ever.

const valid = [
  ...['250ms', '30s', '1h30m', '1.5d', 'PT90M', 'P1DT12H', '.5s', '36500d', '0.1m'],
  ...[
    '0 9 * * *',
    '*/5 * * * * *',
    '0 0 1,15 * MON-FRI',
    '5/20 0-3 ? JAN *',
    '@daily',
    '@every 90s',
    '0 0 30 2 *',
  ],
  ...[
    'CRON_TZ=Asia/Tokyo 0 9 * * *',
    'TZ=UTC @hourly',
    '2027-03-28T09:00:00Z',
    '2027-03-28T09:00:00.123+02:00',
  ],
  ...['Europe/Paris', '+08:00', 'SYSTEM', '2026-12-25', '2026-12-24/2027-01-02', ''],
];
/** A valid text with pieces cut out, doubled, or put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.array(
      fc.tuple(
        fc.nat(40),
        fc.nat(4),
        fc.oneof(
          fc.string({ maxLength: 4 }),
          fc.constantFrom('-', '/', ',', '*', '?', ' ', '0', '9', 'L', '#'),
        ),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce(
      (result, [place, cut, put]) => result.slice(0, place) + put + result.slice(place + cut),
      text,
    ),
  );
const huge = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 10n ** 60n }),
    fc.constantFrom('ms', 's', 'm', 'h', 'd', '', ' * * * *', 'W'),
  )
  .map((parts) => parts.join(''));
const long = fc
  .tuple(fc.constantFrom(...valid, '0', '1,', '* ', '('), fc.constantFrom(1_000, 100_000))
  .map(([text, times]) => text.repeat(times));
const text = fc.oneof(
  { weight: 4, arbitrary: mutated },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: huge },
  { weight: 1, arbitrary: fc.constantFrom(...valid) },
  { weight: 1, arbitrary: long },
);

/** Far above what any of it takes, far below what a person would call a hang. */
const patienceMs = 10_000;
function inTime<T>(work: () => T): T {
  const start = performance.now();
  const result = work();
  expect(performance.now() - start).toBeLessThan(patienceMs);
  return result;
}

describe('whatever text comes', () => {
  it('each reader of it answers, in bounded time', () => {
    fc.assert(
      fc.property(text, (given) => {
        inTime(() => {
          parseDuration(given);
          parseCron(given);
          parseInstant(given);
          validateTimeZone(given);
          parseExclude([given]);
          for (const type of [...schedPolicyTypes, given])
            createSchedEventPolicy(type, given, '', { gap: 'skip', overlap: 'both' });
        });
      }),
      { numRuns: 2_000 },
    );
  });
  it('a refusal says what would be right, and is short', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...schedPolicyTypes), (schedPolicyExpr, schedPolicyType) => {
        const refused = validateSpec(specFrom('n', 'k', { schedPolicyType, schedPolicyExpr, timeZone: '' }));
        if (refused === null) return;
        expect(refused).toMatchObject({ code: 'invalid-spec', field: 'schedPolicyExpr' });
        expect(refused.message.length).toBeGreaterThan(20);
        expect(refused.message.length).toBeLessThan(600);
      }),
      { numRuns: 1_000 },
    );
  });
  it('a zone and a duration that are refused name their field', () => {
    fc.assert(
      fc.property(text, (given) => {
        const plain = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };
        const zone = validateSpec(specFrom('n', 'k', { ...plain, timeZone: given }));
        expect(zone === null || zone.field === 'timeZone').toBe(true);
        const timeout = validateSpec(specFrom('n', 'k', { ...plain, ackTimeout: given }));
        expect(timeout === null || timeout.field === 'ackTimeout').toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

const moment = fc.integer({ min: -4e11, max: 4e11 }).map((ms) => (dayZero + ms) as EpochMs);
const durations = ['1ms', '250ms', '90s', '1h', '1.5d', '36500d', 'PT90M'];
const crons = [
  '* * * * * *',
  '*/7 * * * *',
  '0 9 * * *',
  '30 2 * * SUN',
  '0 0 29 2 *',
  '0 0 30 2 *',
  '@every 90s',
  'TZ=Asia/Tokyo @daily',
];
const schedule = fc.oneof(
  fc.tuple(fc.constantFrom('INTERVAL', 'AFTER_FINISH', 'ROUNDED', 'ONCE'), fc.constantFrom(...durations)),
  fc.tuple(fc.constant('CRON'), fc.constantFrom(...crons)),
  fc.constantFrom<[string, string]>(
    ['ON_CLOSE', ''],
    ['ONCE', '2027-03-28T09:00:00Z'],
    ['ONCE', '0001-01-01T00:00:00Z'],
  ),
  fc.tuple(fc.constantFrom(...schedPolicyTypes), mutated),
);
const timer = fc
  .tuple(
    schedule,
    fc.record(
      {
        timeZone: fc.constantFrom(
          '',
          'Europe/Paris',
          'Australia/Lord_Howe',
          'Pacific/Apia',
          '-12:59',
          'Africa/Casablanca',
        ),
        startAt: moment,
        endAt: moment,
        watermark: moment,
        jitter: fc.constantFrom('1ms', '59s'),
        exclude: fc.constantFrom(['2026-11-25'], ['2026-01-01/2030-12-31'], ['0001-01-01/9999-12-31'], []),
        dst: fc.record({
          gap: fc.constantFrom('skip', 'shift'),
          overlap: fc.constantFrom('first', 'second', 'both'),
        }),
        missed: fc.record({ policy: fc.constantFrom('latest', 'all', 'skip') }),
      },
      { requiredKeys: [] },
    ),
  )
  .map(
    ([[schedPolicyType, schedPolicyExpr], rest]) =>
      ({ schedPolicyType, schedPolicyExpr, ...rest }) as TimerInput,
  );

describe('whatever is accepted', () => {
  it('can be planned, fired and closed for ever, also after an absence of years', () => {
    let accepted = 0;
    fc.assert(
      fc.property(timer, fc.constantFrom(0, 86_400_000, 3 * 365 * 86_400_000), (input, absenceMs) => {
        const made = run(null, create({ hookClass: '', ...input }));
        if (!made.decision.ok) return;
        accepted += 1;
        let [state, ms]: [TimerState | null, number] = [made.after, absenceMs];
        for (let i = 0; i < 12 && state !== null && state.nextFireAt !== null; i += 1) {
          ms = Math.max(ms, state.nextFireAt - dayZero);
          const strike: Step = step({ type: 'FireDue', eventId: `e${i}` as EventId }, ms);
          const before: TimerState = state;
          const { decision, after } = inTime(() => run(before, strike));
          expect(decision.ok && decision.events.length).toBeGreaterThan(0);
          expect(after?.nextFireAt ?? at(ms)).toBeLessThan(8.64e15);
          state = after;
        }
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
  it('has the same next time each time it is asked', () => {
    fc.assert(
      fc.property(timer, moment, (input, watermark) => {
        const spec = specFrom('n', 'k', input);
        if (validateSpec(spec) !== null) return;
        const ask = () => nextEventTime(spec, { createTime: at(0), watermark });
        const first = ask();
        expect(ask()).toEqual(first);
        if (first.ok && first.at !== null && spec.schedPolicyType === 'CRON')
          expect(first.at).toBeGreaterThan(watermark);
      }),
      { numRuns: 500 },
    );
  });
});
