import type { EpochMs } from '../brand.js';
import { localTime, spoken } from '../schedule/local-time.js';
import { policyOf } from '../schedule/plan.js';
import type { Zone } from '../schedule/zone.js';
import type { TimerState } from '../state.js';
import type { HistoryFact, WhyFire, WhyReason } from './answer.js';
import { type Finding, stateAt, type Timeline } from './timeline.js';

// English, one sentence a finding, as somebody who was woken at night would like to read it.

interface Run {
  readonly first: EpochMs;
  readonly last: EpochMs;
  readonly count: number;
}

export function sentenceOf(timeline: Timeline, finding: Finding, run: Run): string {
  const state = stateAt(timeline, run.first) ?? timeline.first;
  if (state === null) return 'this timer never was, or its history is gone';
  const { zone } = policyOf(state.spec);
  const when = whenOf(zone, run);
  switch (finding.verdict) {
    case 'fired':
      return finding.fire === null ? when : fired(zone, finding.fire);
    case 'planned':
      return `${when}: still to come`;
    case 'pending':
      return `${when}: due, and not fired yet: ${becauseOf(timeline, finding, state, run)}`;
    case 'no-tick':
      return noTick(zone, state, run);
    default:
      return `did not fire at ${when}: ${becauseOf(timeline, finding, state, run)}`;
  }
}

const whenOf = (zone: Zone, { first, last, count }: Run): string =>
  count <= 1 ? spoken(zone, first) : `${count} ticks from ${spoken(zone, first)} to ${spoken(zone, last)}`;

function fired(zone: Zone, fire: WhyFire): string {
  const { scheduledFor, startedAt, latenessMs, attempts, manualRequestId } = fire;
  const what =
    manualRequestId === null
      ? `fired for ${spoken(zone, scheduledFor)} at ${localTime(zone, startedAt).replace('T', ' ')} (${latenessMs} ms after its time)`
      : `fired by hand at ${spoken(zone, startedAt)} (request ${manualRequestId})`;
  const runs = attempts === 1 ? 'on the first attempt' : `after ${attempts} attempts`;
  return `${what}; ${outcomeOf(zone, fire, runs)}`;
}

function outcomeOf(zone: Zone, { outcome, closedAt, error, attempts }: WhyFire, runs: string): string {
  const at = closedAt === null ? '' : ` at ${localTime(zone, closedAt).replace('T', ' ')}`;
  const last = error === null ? '' : `; last error: ${error}`;
  switch (outcome) {
    case 'closed':
      return `closed${at} ${runs}`;
    case 'given-up':
      return `given up${at} ${runs}${last}`;
    case 'cancelled':
      return `cancelled${at} ${runs}${last}`;
    case 'recalled':
      return `called back${at}, before anybody had begun it`;
    case 'deleted':
      return `the timer was deleted${at} before the event was closed`;
    case 'open':
      return `still open, attempt ${attempts}${last}`;
  }
}

function becauseOf(timeline: Timeline, finding: Finding, state: TimerState, run: Run): string {
  const { reason, drop } = finding;
  const { zone } = policyOf(state.spec);
  if (reason === null) return 'no reason is on record';
  const held = reason === 'paused' || reason === 'disabled' ? heldText(timeline, state, run, zone) : null;
  if (held !== null) return held;
  const policy = drop === null ? '' : settledText(zone, drop.at);
  return `${plainReasons[reason](timeline, state, zone)}${policy}`;
}

const settledText = (zone: Zone, at: EpochMs): string => ` (settled at ${spoken(zone, at)})`;

const plainReasons: Readonly<
  Record<WhyReason, (timeline: Timeline, state: TimerState, zone: Zone) => string>
> = {
  'missed-policy': () =>
    'nothing was there to fire it in time, and the missed policy does not make up for it',
  paused: () => 'the timer was paused',
  disabled: () => 'the timer was disabled',
  'created-late': ({ first }, _state, zone) =>
    `the timer was created only at ${first === null ? '?' : spoken(zone, first.createTime)}`,
  'pre-schedule-timeout': () => 'the hook was asked whether to go on and did not answer in time',
  overlap: () => 'an earlier run was still going',
  'end-at': () => 'it lies after the end of the timer',
  excluded: () => 'its date is excluded',
  'not-created': ({ first, history }, _state, zone) =>
    `the timer was created only at ${first === null ? '?' : spoken(zone, first.createTime)}${byOf(factOf(history, 'TimerCreated'))}`,
  deleted: ({ history }, _state, zone) => {
    const fact = factOf(history, 'TimerDeleted');
    return `the timer was deleted${fact === undefined ? '' : ` at ${spoken(zone, fact.event.at)}`}${byOf(fact)}`;
  },
  ended: (_timeline, { endedReason }) => `the timer had ended (${endedReason})`,
  faulted: (_timeline, { fault }) => `the timer was held as faulted: ${fault}`,
  'event-open': ({ last }) => `event ${last?.open?.eventId ?? '?'} is still open; it waits for the close`,
  'passed-over': () => 'the watermark or another schedule was set past it',
  late: () => 'the fire service has not come to it',
};

const factOf = (
  history: readonly HistoryFact[],
  type: HistoryFact['event']['type'],
): HistoryFact | undefined => history.find(({ event }) => event.type === type);
const byOf = (fact: HistoryFact | undefined): string =>
  fact?.meta?.actor === undefined ? '' : ` by ${fact.meta.actor}`;

/** `paused from … to … by ana`, where the history shows it. */
function heldText({ history }: Timeline, state: TimerState, { first }: Run, zone: Zone): string | null {
  const isPause = state.pausedAt !== null;
  if (!isPause && state.spec.enable) return null;
  const began = history.findLast(({ event }) => event.at <= first && beginsHold(event, isPause));
  const over = history.find(({ event }) => event.at > first && endsHold(event, isPause));
  const since = isPause ? state.pausedAt : (began?.event.at ?? null);
  const to = over === undefined ? '' : ` to ${spoken(zone, over.event.at)}`;
  const word = isPause ? 'paused' : 'disabled';
  const from = since === null ? '' : ` ${to === '' ? 'since' : 'from'} ${spoken(zone, since)}`;
  return `${word}${from}${from === '' ? to.replace(' to ', ' until ') : to}${byOf(began)}`;
}

const beginsHold = (event: HistoryFact['event'], isPause: boolean): boolean =>
  isPause
    ? event.type === 'TimerPaused'
    : (event.type === 'TimerUpdated' && event.spec.enable === false) || event.type === 'TimerCreated';
const endsHold = (event: HistoryFact['event'], isPause: boolean): boolean =>
  isPause
    ? event.type === 'TimerResumed' || event.type === 'TimerExpired'
    : event.type === 'TimerUpdated' && event.spec.enable === true;

function noTick(zone: Zone, { spec }: TimerState, { first, last }: Run): string {
  const schedule = `${spec.schedPolicyType} ${spec.schedPolicyExpr}`.trim();
  return first === last
    ? `${spoken(zone, first)} is no tick of ${schedule}`
    : `no tick of ${schedule} lies between ${spoken(zone, first)} and ${spoken(zone, last)}`;
}
