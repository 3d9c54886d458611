import type { EpochMs } from '../brand.js';
import type { UpdateTimer } from '../command.js';
import type { Decision } from '../decider.js';
import type { TicksDropped, TimerUpdated } from '../event.js';
import type { Rejection } from '../rejection.js';
import { excludedBy } from '../schedule/missed.js';
import type { TimerChange, TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';
import { idleClock } from './clock.js';
import { accept, refuse } from './decision.js';
import { missedFrom, spawnFrom } from './defaults.js';
import { endedEvents, type Replanned, replan } from './replan.js';
import { isSpawning } from './room.js';
import { payloadProblem, validateSpec } from './validate.js';

/** Changes to these move the next tick; any other leaves it where it is. */
const planning = [
  'schedPolicyType',
  'schedPolicyExpr',
  'timeZone',
  'startAt',
  'endAt',
  'maxFires',
  'dst',
  'exclude',
] as const;

export function update(state: TimerState, command: UpdateTimer, now: EpochMs): Decision {
  const { set } = command;
  const fixed = fixedProblem(command);
  if (fixed !== null) return refuse(fixed);
  const spec = changedSpec(state.spec, set);
  const problem = validateSpec(spec) ?? payloadProblem('summaryData', set.summary);
  if (problem !== null) return refuse(problem);

  const change = difference(state.spec, spec);
  const next = changedState(state, spec, set, now);
  const isReplanned =
    set.watermark !== undefined ||
    // naming the zone again plans by the zone data of today
    set.timeZone !== undefined ||
    state.endedReason !== null ||
    next.waitingTick !== state.waitingTick ||
    planning.some((field) => field in change);
  const event: Omit<TimerUpdated, 'nextTick' | 'nextFireAt'> = {
    type: 'TimerUpdated',
    at: now,
    spec: change,
    ...(set.watermark !== undefined && { watermark: set.watermark }),
    ...(set.summary !== undefined && { summary: set.summary }),
  };
  // an open event keeps its clock, and the change takes effect at its close; one that a fault had stopped goes on now
  if (state.open !== null) {
    const nextFireAt = state.fault === null ? state.nextFireAt : now;
    return accept({ ...event, nextTick: state.nextTick, nextFireAt });
  }
  const dropped = isReplanned && set.watermark === undefined ? excludedBehind(state, now) : [];
  const planned: Replanned = isReplanned
    ? replan({ ...next, lastTick: dropped.at(-1)?.last ?? next.lastTick }, now)
    : { nextTick: state.nextTick, nextFireAt: idleClock(next, now), ended: null };
  const { nextTick, nextFireAt } = planned;
  return accept(...dropped, { ...event, nextTick, nextFireAt }, ...endedEvents(planned, next, now));
}

/**
 * What makes a timer itself. Its hook class changes between two events alone: no attempt of the former class can answer any more
 * once the open event has been called back.
 */
function fixedProblem({ set, recall }: UpdateTimer): Rejection | null {
  if (set.data !== undefined)
    return {
      code: 'invalid-spec',
      field: 'data',
      message: 'data cannot be changed: delete the timer and create it anew',
    };
  if (set.hookClass === undefined || recall === true) return null;
  return {
    code: 'invalid-spec',
    field: 'hookClass',
    message:
      'hookClass is changed only by an update that also says recall: true, which calls an open event back from the former class first',
  };
}

/** Excluded ticks that have passed are told before the schedule that knew them is gone: another must not bring them back. */
function excludedBehind(state: TimerState, now: EpochMs): TicksDropped[] {
  const { spec, nextTick, nextFireAt } = state;
  if (nextTick === null) return [];
  return excludedBy(spec, { ...state, startAt: spec.startAt }, nextTick, now).map((run) => ({
    type: 'TicksDropped',
    at: now,
    nextFireAt,
    nextTick,
    ...run,
  }));
}

function changedState(state: TimerState, spec: TimerSpec, set: TimerChange, now: EpochMs): TimerState {
  const isResumed = spec.enable && !state.spec.enable;
  return {
    ...state,
    spec,
    fault: null,
    endedReason: null,
    waitingTick: isSpawning(spec) ? state.waitingTick : null,
    watermark: set.watermark === undefined ? state.watermark : set.watermark,
    lastTick: set.watermark === undefined ? state.lastTick : null,
    ...(isResumed && { resumedAt: now, wasDisabled: true }),
  };
}

function changedSpec(spec: TimerSpec, set: TimerChange): TimerSpec {
  const { watermark: _watermark, summary: _summary, dst, missed, retry, preSchedule, spawn, ...plain } = set;
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  return {
    ...spec,
    ...(given as Partial<TimerSpec>),
    dst: { ...spec.dst, ...dst },
    missed: missedFrom(spec.missed, missed),
    retry: { ...spec.retry, ...retry },
    preSchedule: { ...spec.preSchedule, ...preSchedule },
    ...(spawn !== undefined && { spawn: spawn === null ? null : spawnFrom(spec.spawn ?? null, spawn) }),
  };
}

/** Only what is different: an update that repeats what is there changes nothing but the version. */
function difference(before: TimerSpec, after: TimerSpec): Partial<TimerSpec> {
  const entries = Object.entries(after) as [keyof TimerSpec, unknown][];
  return Object.fromEntries(
    entries.filter(([field, value]) => JSON.stringify(before[field]) !== JSON.stringify(value)),
  );
}
