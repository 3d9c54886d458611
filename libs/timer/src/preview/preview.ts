import type { EpochMs } from '../brand.js';
import type { EventTriggered, TicksDropped } from '../event.js';
import { newTimer } from '../life/create.js';
import { foldOf, localTime, offsetText } from '../schedule/local-time.js';
import { jitterShareMs, policyOf } from '../schedule/plan.js';
import type { SchedEventPolicy } from '../schedule/policy.js';
import type { TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';
import {
  type Preview,
  type PreviewedFire,
  type PreviewRequest,
  previewCountMax,
  type SkippedTicks,
} from './previewed.js';
import { planned, play } from './rehearsal.js';
import { shiftedFrom, wallSkips } from './wall-skips.js';
import { whyOf } from './why-of-fire.js';

// What a timer will do, found by rehearsing it: the aggregate itself decides, on a clock that jumps from one due moment
// to the next, and every event is closed the moment it begins. So a preview cannot differ from what will happen.

/** The next fires of a timer, or of a spec as though it were made at `from`. The spec must be valid (`validateSpec`). */
export function preview(subject: TimerSpec | TimerState, { count, from: asked }: PreviewRequest): Preview {
  const from = asked as EpochMs;
  const isState = 'spec' in subject;
  const state = isState ? subject : planned(newTimer(unborn, withoutJitter(subject), from, null, null), from);
  return { ...rehearse(state, count, from), jitterUnknown: isState ? null : subject.jitter };
}

const unborn = '' as TimerState['id'];
const withoutJitter = (spec: TimerSpec): TimerSpec => ({ ...spec, jitter: null });

function rehearse(state: TimerState, count: number, from: EpochMs): Omit<Preview, 'jitterUnknown'> {
  const wanted = Math.min(Math.max(Math.floor(count), 1), previewCountMax);
  const policy = policyOf(state.spec);
  let now = from;
  let current = letGo(state, from);
  const fires: PreviewedFire[] = [];
  let skipped: SkippedTicks[] = [];
  let seenUpTo = from;
  // a strike that only drops ticks or times a request out is no fire; there are never many in a row
  for (let strikes = 0; fires.length < wanted && strikes < wanted * 2 + 100; strikes += 1) {
    if (current.nextFireAt === null) break;
    if (current.nextFireAt > now) now = current.nextFireAt;
    const shareMs = jitterShareMs(current);
    const { after, events } = play(current, now);
    current = after;
    for (const event of events) {
      if (event.type === 'TicksDropped') skipped.push(droppedSkip(policy, event));
      if (event.type !== 'EventTriggered') continue;
      skipped.push(...wallSkips(policy, state.spec.dst, seenUpTo, event.scheduledFor));
      fires.push(fireOf(policy, state.spec, event, from - shareMs, skipped));
      [skipped, seenUpTo] = [[], event.scheduledFor];
    }
  }
  return {
    fires,
    skippedAfter: current.nextFireAt === null ? skipped : [],
    ended: current.endedReason,
    heldBy: heldBy(state),
    dependsOnClose: ['AFTER_FINISH', 'ROUNDED', 'ON_CLOSE'].includes(policy.type),
  };
}

/** Nobody asks, nobody is called, nothing holds: only the schedule is left. */
function letGo(state: TimerState, from: EpochMs): TimerState {
  const spec = {
    ...state.spec,
    hookClass: '',
    enable: true,
    keepFor: null,
    spawn: null,
    preSchedule: { ...state.spec.preSchedule, enable: false },
  };
  const isHeld = state.pausedAt !== null || !state.spec.enable;
  const resumedAt = isHeld ? from : state.resumedAt;
  const wasDisabled = isHeld ? (state.pausedAt === null ? true : undefined) : state.wasDisabled;
  const free = { pausedAt: null, fault: null, children: [], waitingTick: null };
  return planned({ ...state, ...free, spec, resumedAt, wasDisabled }, from);
}

function heldBy({ fault, pausedAt, spec }: TimerState): Preview['heldBy'] {
  if (fault !== null) return 'faulted';
  if (pausedAt !== null) return 'paused';
  return spec.enable ? null : 'disabled';
}

function fireOf(
  policy: SchedEventPolicy,
  spec: TimerSpec,
  event: EventTriggered,
  missedBefore: number,
  skipped: readonly SkippedTicks[],
): PreviewedFire {
  const { zone } = policy;
  const { scheduledFor: tick, startedAt, manualRequestId } = event;
  const isMissed = tick < missedBefore && manualRequestId === null;
  const fire = {
    fireAt: startedAt,
    tick,
    localTime: localTime(zone, tick),
    utcOffset: offsetText(zone.spanAt(tick).offsetMs),
    timeZone: zone.name,
    fold: foldOf(zone, tick),
    shiftedFrom: shiftedFrom(policy, spec.dst, tick),
    jitterMs: isMissed ? 0 : startedAt - tick,
    isMissed,
    manualRequestId,
    skipped,
  };
  return { ...fire, why: whyOf(fire) };
}

const droppedSkip = (
  policy: SchedEventPolicy,
  { reason, first, last, count, countIsExact }: TicksDropped,
) => ({
  reason,
  firstLocal: localTime(policy.zone, first),
  lastLocal: localTime(policy.zone, last),
  count,
  countIsExact,
});
