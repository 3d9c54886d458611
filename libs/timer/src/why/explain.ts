import type { EpochMs } from '../brand.js';
import { exclusionsOf } from '../schedule/exclude.js';
import { fireMoment, policyOf } from '../schedule/plan.js';
import type { TimerState } from '../state.js';
import type { WhyEntry, WhyReason, WhyRequest, WhyVerdict } from './answer.js';
import { sentenceOf } from './sentences.js';
import { type Finding, stateAt, type Timeline } from './timeline.js';

/** One entry a tick; neighbours that fared alike are one. */
export function explain(
  timeline: Timeline,
  ticks: readonly EpochMs[],
  request: Pick<WhyRequest, 'from' | 'to' | 'now'>,
): WhyEntry[] {
  const runs: { finding: Finding; first: EpochMs; last: EpochMs; count: number }[] = [];
  for (const tick of ticks) {
    const finding = findingOf(timeline, tick, request.now);
    const run = runs.at(-1);
    if (run !== undefined && isAlike(run.finding, finding, timeline, run.last, tick))
      [run.last, run.count] = [tick, run.count + 1];
    else runs.push({ finding, first: tick, last: tick, count: 1 });
  }
  if (runs.length === 0) return [nothing(timeline, request)];
  return runs.map(({ finding, first, last, count }) => ({
    verdict: finding.verdict,
    reason: finding.reason,
    first,
    last,
    count,
    fire: finding.fire,
    sentence: sentenceOf(timeline, finding, { first, last, count }),
  }));
}

function isAlike(a: Finding, b: Finding, timeline: Timeline, last: EpochMs, tick: EpochMs): boolean {
  if (a.fire !== null || b.fire !== null || a.verdict !== b.verdict || a.reason !== b.reason) return false;
  const [before, after] = [stateAt(timeline, last), stateAt(timeline, tick)];
  return before?.pausedAt === after?.pausedAt && before?.open?.eventId === after?.open?.eventId;
}

function findingOf(timeline: Timeline, tick: EpochMs, now: EpochMs): Finding {
  const fire = timeline.fires.findLast(({ scheduledFor }) => scheduledFor === tick) ?? null;
  if (fire !== null) return { verdict: 'fired', reason: null, fire, drop: null };
  const drop = timeline.drops.find(({ first, last }) => first <= tick && tick <= last) ?? null;
  if (drop !== null) return { verdict: 'dropped', reason: drop.reason, fire: null, drop };
  const [verdict, reason] = unsettled(timeline, stateAt(timeline, tick), tick, now);
  return { verdict, reason, fire: null, drop: null };
}

/** Nothing in the log names this tick: the state that it met explains it. */
function unsettled(
  timeline: Timeline,
  state: TimerState | null,
  tick: EpochMs,
  now: EpochMs,
): readonly [WhyVerdict, WhyReason | null] {
  if (state === null) return ['not-fired', wasDeletedBy(timeline, tick) ? 'deleted' : 'not-created'];
  if (state.fault !== null) return ['not-fired', 'faulted'];
  if (state.endedReason !== null) return ['not-fired', 'ended'];
  if (state.pausedAt !== null) return ['not-fired', 'paused'];
  if (!state.spec.enable) return ['not-fired', 'disabled'];
  if (isExcluded(state, tick)) return ['not-fired', 'excluded'];
  if (fireMoment(state, tick) > now) return ['planned', null];
  const { last } = timeline;
  if (last !== null && last.waitingTick === tick) return ['pending', 'overlap'];
  const isBehind = last === null || Math.max(last.watermark ?? 0, last.lastTick ?? 0) >= tick;
  if (isBehind || tick < state.createTime) return ['not-fired', 'passed-over'];
  return ['pending', last.open === null ? 'late' : 'event-open'];
}

const isExcluded = ({ spec }: TimerState, tick: EpochMs): boolean =>
  exclusionsOf(spec.exclude, policyOf(spec).zone)?.stretchAt(tick) != null;

const wasDeletedBy = ({ history }: Timeline, tick: EpochMs): boolean =>
  history.some(({ event }) => event.type === 'TimerDeleted' && event.at <= tick);

function nothing(timeline: Timeline, { from, to }: Pick<WhyRequest, 'from' | 'to'>): WhyEntry {
  const finding: Finding = { verdict: 'no-tick', reason: null, fire: null, drop: null };
  return {
    verdict: 'no-tick',
    reason: null,
    first: null,
    last: null,
    count: 0,
    fire: null,
    sentence: sentenceOf(timeline, finding, { first: from, last: to, count: 0 }),
  };
}
