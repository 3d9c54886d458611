import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type EpochMs,
  evolve,
  type HistoryFact,
  type TimerInput,
  type TimerState,
  type WhyEntry,
  whyBetween,
} from '#timer';
import { fireMoment } from '../schedule/plan.js';
import { at, create, eventId, run, type Step, step, type Wish } from '../spec-dsl.js';

// Whatever happened, `why` says nothing that the folded states contradict.

const timer = fc.record(
  {
    schedPolicyType: fc.constant('INTERVAL'),
    schedPolicyExpr: fc.constantFrom('7s', '20s'),
    startAt: fc.integer({ min: -50_000, max: 50_000 }).map(at),
    maxFires: fc.integer({ min: 2, max: 6 }),
    endAt: fc.integer({ min: 100_000, max: 400_000 }).map(at),
    jitter: fc.constantFrom('5s', '30s'),
    ackTimeout: fc.constantFrom('5s', '1m'),
    missed: fc.record({ policy: fc.constantFrom('latest', 'all', 'skip') }),
    preSchedule: fc.record({
      enable: fc.boolean(),
      timeout: fc.constant('15s'),
      onTimeout: fc.constantFrom('fire', 'skip'),
    }),
  },
  { requiredKeys: ['schedPolicyType', 'schedPolicyExpr', 'startAt'] },
) as fc.Arbitrary<Partial<TimerInput>>;

let named = 0;
const ofOpen = (state: TimerState | null) => ({
  eventId: state?.open?.eventId ?? eventId('none'),
  attempt: state?.open?.attempt ?? 1,
});
const wishes: Readonly<Record<string, (state: TimerState | null) => Wish>> = {
  fire: () => ({ type: 'FireDue', eventId: eventId(`e${++named}`) }),
  close: (state) => ({ type: 'CloseEvent', ...ofOpen(state) }),
  retry: (state) => ({ type: 'RetryEvent', ...ofOpen(state), error: 'no', after: '3s' }),
  claim: (state) => ({ type: 'ClaimEvent', ...ofOpen(state), worker: `w${++named}`, takeOver: true }),
  answer: (state) => ({ type: 'AnswerPreSchedule', ...ofOpen(state) }),
  delay: (state) => ({ type: 'AnswerPreSchedule', ...ofOpen(state), delay: '9s' }),
  hold: () => ({ type: 'PauseTimer', token: `t${++named % 2}` }),
  letGo: () => ({ type: 'ResumeTimer', token: `t${++named % 2}` }),
  resume: () => ({ type: 'ResumeTimer' }),
  recall: () => ({ type: 'PauseTimer', token: `t${++named % 2}`, recall: true }),
  disable: () => ({ type: 'UpdateTimer', set: { enable: false } }),
  enable: () => ({ type: 'UpdateTimer', set: { enable: true } }),
  trigger: () => ({ type: 'TriggerTimer', requestId: `r${++named}` }),
  fault: () => ({ type: 'FaultTimer', reason: 'odd' }),
  cancel: () => ({ type: 'CancelTimer' }),
};
const common = ['fire', 'close', 'resume', 'enable'].flatMap((name) => [name, name, name]);
const story = fc.array(
  fc.tuple(fc.constantFrom(...Object.keys(wishes), ...common), fc.integer({ min: 0, max: 25_000 })),
  { maxLength: 40 },
);

interface Told {
  readonly now: EpochMs;
  readonly last: TimerState | null;
  readonly entries: readonly WhyEntry[];
  /** By the facts alone, each looked at anew. */
  stateAt(moment: number): TimerState | null;
}

function tell(spec: Partial<TimerInput>, commands: readonly (readonly [string, number])[]): Told {
  const history: HistoryFact[] = [];
  let [last, ms]: [TimerState | null, number] = [null, 0];
  const take = (each: Step): void => {
    const { decision, after } = run(last, each);
    if (!decision.ok) return;
    for (const event of decision.events)
      history.push({ version: history.length + 1, commandId: null, event, meta: { actor: 'ana' } });
    last = after;
  };
  take(create(spec));
  for (const [name, waitMs] of commands) {
    ms += waitMs;
    take(step(wishes[name]?.(last) ?? { type: 'PauseTimer' }, ms));
  }
  const [now, from] = [at(ms), at(-60_000)];
  const stateAt = (moment: number) =>
    history.filter(({ event }) => event.at <= moment).reduce<TimerState | null>(evolve, null);
  const { entries } = whyBetween({ from, to: now, now, before: null, history });
  return { now, last, entries, stateAt };
}

const momentOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);
/** A hold that a sentence tells of: it was so all the time from the one to the other, and no longer. */
function expectHold({ now, stateAt }: Told, sentence: string): void {
  const shown = /(paused|disabled) (?:since|from) ([-\d]+ [:.\d]+) UTC(?: to ([-\d]+ [:.\d]+) UTC)?/.exec(
    sentence,
  );
  if (shown === null) return;
  const [, word, from = '', to] = shown;
  const isSo = (moment: number) => {
    const state = stateAt(moment);
    return state !== null && (word === 'paused' ? state.pausedAt !== null : !state.spec.enable);
  };
  const end = to === undefined ? now + 1 : momentOf(to);
  // one that was over in the same millisecond is in no state that a moment has
  for (let share = 0; share < 1 && end > momentOf(from); share += 0.1)
    expect(isSo(Math.floor(momentOf(from) + (end - 1 - momentOf(from)) * share))).toBe(true);
  if (to !== undefined) expect(isSo(end)).toBe(false);
}

function expectEntry(told: Told, entry: WhyEntry): void {
  const { last, stateAt } = told;
  const { verdict, reason, sentence, fire } = entry;
  if (fire !== null) {
    const isOpen = last?.open?.eventId === fire.eventId;
    expect(fire.outcome === 'open').toBe(isOpen);
    if (isOpen) expect([fire.attempts, fire.error]).toEqual([last?.open?.attempt, last?.open?.lastError]);
    return;
  }
  expectHold(told, sentence);
  const isAsking = last?.open != null && ['asking', 'delayed', 'answered'].includes(last.open.phase);
  if (reason === 'late')
    expect([last?.open, last?.pausedAt, last?.fault, last?.endedReason]).toEqual([null, null, null, null]);
  if (reason === 'event-open') {
    expect(sentence).toContain(last?.open?.eventId);
    expect(sentence.includes('is still open')).toBe(!isAsking);
  }
  for (const tick of [entry.first, entry.last]) {
    const at = tick === null ? null : stateAt(tick);
    if (tick === null || at === null) continue;
    const met = stateAt(fireMoment(at, tick));
    if (/: (nothing was there|the fire service)/.test(sentence))
      expect([met?.open, met?.pausedAt, met?.fault]).toEqual([null, null, null]);
    const blamed = /event (\S+) (?:is|was) still open|go on with event (\S+)/.exec(sentence);
    if (blamed !== null && verdict !== 'pending')
      expect(met?.open?.eventId).toBe((blamed[1] ?? blamed[2])?.replace(';', ''));
  }
}

it('says of holds, open events and attempts only what the folded states show', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(timer, story, (spec, commands) => {
      const told = tell(spec, commands);
      for (const entry of told.entries) {
        expectEntry(told, entry);
        seen.add(`${entry.verdict} ${entry.reason}`);
      }
    }),
    { numRuns: 400 },
  );
  // what no story led to would have proved nothing
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'dropped missed-policy',
      'dropped paused',
      'not-fired paused',
      'not-fired disabled',
      'pending event-open',
      'fired null',
    ]),
  );
});
