import type { EpochMs } from '../brand.js';
import { localTime, spoken } from '../schedule/local-time.js';
import { policyOf } from '../schedule/plan.js';
import type { Zone } from '../schedule/zone.js';
import type { TimerState } from '../state.js';
import type { WhyFire } from './answer.js';
import { becauseOf } from './reasons.js';
import type { Finding, Timeline } from './timeline.js';

// English, one sentence a finding, as somebody who was woken at night would like to read it.

interface Run {
  readonly first: EpochMs;
  readonly last: EpochMs;
  readonly count: number;
}

export function sentenceOf(timeline: Timeline, finding: Finding, run: Run): string {
  const state = finding.met.state ?? timeline.first;
  if (state === null) return 'this timer never was, or its history is gone';
  const { zone } = policyOf(state.spec);
  const when = whenOf(zone, run);
  switch (finding.verdict) {
    case 'fired':
      return finding.fire === null ? when : fired(zone, finding.fire);
    case 'planned':
      return `${when}: still to come`;
    case 'pending':
      return `${when}: due, and not fired yet: ${becauseOf(timeline, finding, zone)}`;
    case 'no-tick':
      return noTick(zone, state, run);
    default:
      return `did not fire at ${when}: ${becauseOf(timeline, finding, zone)}`;
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

function noTick(zone: Zone, { spec }: TimerState, { first, last }: Run): string {
  const schedule = `${spec.schedPolicyType} ${spec.schedPolicyExpr}`.trim();
  return first === last
    ? `${spoken(zone, first)} is no tick of ${schedule}`
    : `no tick of ${schedule} lies between ${spoken(zone, first)} and ${spoken(zone, last)}`;
}
