import type { EpochMs } from '../brand.js';
import { exclusionsOf } from '../schedule/exclude.js';
import { fireMoment, policyOf } from '../schedule/plan.js';
import type { TimerState } from '../state.js';
import type { WhyEntry, WhyFire, WhyReason, WhyRequest, WhyVerdict } from './answer.js';
import { sentenceOf } from './sentences.js';
import {
  countWhile,
  type Dropped,
  type Finding,
  type HoldName,
  type Spell,
  type Stretch,
  stretchAt,
  type Timeline,
} from './timeline.js';

/** One entry a tick; neighbours that fared alike are one. */
export function explain(
  timeline: Timeline,
  ticks: readonly EpochMs[],
  request: Pick<WhyRequest, 'from' | 'to' | 'now'>,
): WhyEntry[] {
  const runs: { finding: Finding; first: EpochMs; last: EpochMs; count: number }[] = [];
  const settled = settledBy(timeline, ticks);
  for (const tick of ticks) {
    const finding = findingOf(timeline, settled, tick, request.now);
    const run = runs.at(-1);
    if (run !== undefined && isAlike(run.finding, finding)) [run.last, run.count] = [tick, run.count + 1];
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

/** One sentence is true of both. */
function isAlike(a: Finding, b: Finding): boolean {
  if (a.fire !== null || b.fire !== null || a.verdict !== b.verdict || a.reason !== b.reason) return false;
  const [before, after] = [a.met, b.met];
  return (
    a.drop?.at === b.drop?.at &&
    a.hold === b.hold &&
    before.spells.paused === after.spells.paused &&
    before.spells.disabled === after.spells.disabled &&
    before.spells.open === after.spells.open &&
    before.spells.asking === after.spells.asking &&
    before.state?.pausedBy[0]?.at === after.state?.pausedBy[0]?.at &&
    before.state?.fault === after.state?.fault
  );
}

/** What the log itself says of ticks. A fact of the history is looked at once, not once a tick. */
interface Settled {
  readonly fires: ReadonlyMap<EpochMs, WhyFire>;
  readonly drops: ReadonlyMap<EpochMs, Dropped>;
}

/** Of several fires of a tick the last one counts, of several drops the first. */
function settledBy({ fires, drops }: Timeline, ticks: readonly EpochMs[]): Settled {
  const dropped = new Map<EpochMs, Dropped>();
  for (const drop of drops) {
    const begin = countWhile(ticks, (tick) => tick < drop.first);
    const end = countWhile(ticks, (tick) => tick <= drop.last);
    for (const tick of ticks.slice(begin, end)) if (!dropped.has(tick)) dropped.set(tick, drop);
  }
  return { fires: new Map(fires.map((fire) => [fire.scheduledFor, fire])), drops: dropped };
}

function findingOf(timeline: Timeline, settled: Settled, tick: EpochMs, now: EpochMs): Finding {
  const { state } = stretchAt(timeline, tick);
  const dueAt = state === null ? tick : fireMoment(state, tick);
  const met = stretchAt(timeline, dueAt);
  const common = { fire: null, drop: null, hold: null, dueAt, met };
  const fire = settled.fires.get(tick);
  if (fire !== undefined) return { ...common, verdict: 'fired', reason: null, fire };
  const drop = settled.drops.get(tick);
  if (drop !== undefined) {
    const { reason } = drop;
    return { ...common, verdict: 'dropped', reason, drop, hold: holdOf(timeline, met, reason, drop.at) };
  }
  const [verdict, reason] = unsettled(timeline, met, tick, now);
  return { ...common, verdict, reason, hold: holdOf(timeline, met, reason, now) };
}

/** The hold that a tick met; else the one after its moment that it was, or is to be, settled with. */
function holdOf(
  { holds }: Timeline,
  { spells }: Stretch,
  reason: WhyReason | null,
  settledAt: EpochMs,
): Spell | null {
  if (reason !== 'paused' && reason !== 'disabled') return null;
  const other: HoldName = reason === 'paused' ? 'disabled' : 'paused';
  const later = holds[reason].findLast(({ began }) => began === null || began.event.at <= settledAt);
  return spells[reason] ?? spells[other] ?? later ?? null;
}

/** Nothing in the log names this tick: the state that it met explains it, or else the one there is now. */
function unsettled(
  { last }: Timeline,
  { state, gone }: Stretch,
  tick: EpochMs,
  now: EpochMs,
): readonly [WhyVerdict, WhyReason | null] {
  if (state === null) return ['not-fired', gone === null ? 'not-created' : 'deleted'];
  const held = heldReason(state);
  if (held !== null) return ['not-fired', held];
  if (isExcluded(state, tick)) return ['not-fired', 'excluded'];
  if (last.state?.waitingTick === tick) return ['pending', 'overlap'];
  const latest = last.state ?? last.gone;
  const isBehind = latest === null || Math.max(latest.watermark ?? 0, latest.lastTick ?? 0) >= tick;
  if (isBehind || tick < state.createTime) return ['not-fired', 'passed-over'];
  if (last.state === null) return ['not-fired', 'deleted'];
  const { endAt } = last.state.spec;
  if (endAt !== null && tick > endAt) return ['not-fired', 'end-at'];
  if (fireMoment(state, tick) > now) return ['planned', null];
  if (last.state.endedReason !== null) return ['not-fired', 'ended'];
  return ['pending', heldReason(last.state) ?? (last.state.open === null ? 'late' : 'event-open')];
}

/** What keeps a timer from firing for as long as it is so. */
function heldReason({ fault, endedReason, pausedAt, spec }: TimerState): WhyReason | null {
  if (fault !== null) return 'faulted';
  if (endedReason !== null) return 'ended';
  if (pausedAt !== null) return 'paused';
  return spec.enable ? null : 'disabled';
}

const isExcluded = ({ spec }: TimerState, tick: EpochMs): boolean =>
  exclusionsOf(spec.exclude, policyOf(spec).zone)?.stretchAt(tick) != null;

function nothing(timeline: Timeline, { from, to }: Pick<WhyRequest, 'from' | 'to'>): WhyEntry {
  const finding: Finding = {
    verdict: 'no-tick',
    reason: null,
    fire: null,
    drop: null,
    dueAt: from,
    met: stretchAt(timeline, from),
    hold: null,
  };
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
