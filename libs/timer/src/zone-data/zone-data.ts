import type { EpochMs } from '../brand.js';
import { decide } from '../decide.js';
import type { Decide } from '../decider.js';
import type { TimerEvent } from '../event.js';
import { planNext, policyOf } from '../schedule/plan.js';
import type { TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';

// Zones are changed by governments, and the runtime's data with them. Each planned tick that depends on a named zone says
// which edition it was computed with; whether another edition would plan it elsewhere can be asked later.

/** Whether an edition of the zone data can move this timer's ticks: local times, or dates that are excluded, of a named zone. */
export function dependsOnZoneData(spec: TimerSpec): boolean {
  if (spec.schedPolicyType !== 'CRON' && (spec.exclude ?? []).length === 0) return false;
  const { wall, zone } = policyOf(spec);
  return !zone.isFixed && (wall !== null || (spec.exclude ?? []).length > 0);
}

/** `decide`, whose events name the edition of the zone data (`2026c`) beside the ticks that depend on it. */
export function decideWithZoneData(edition: string): Decide {
  return (state, command, now) => {
    const decision = decide(state, command, now);
    if (!decision.ok) return decision;
    return { ok: true, events: decision.events.map((event) => stamped(event, state, edition)) };
  };
}

function stamped(event: TimerEvent, state: TimerState | null, edition: string): TimerEvent {
  switch (event.type) {
    case 'TimerCreated':
    case 'TimerUpdated':
    case 'TicksDropped':
    case 'TickQueued':
    case 'EventClosed':
    case 'EventGivenUp':
      return event.nextTick !== null && dependsOnZoneData(specAfter(event, state))
        ? { ...event, tz: edition }
        : event;
    default:
      return event;
  }
}

function specAfter(event: TimerEvent, state: TimerState | null): TimerSpec {
  if (event.type === 'TimerCreated') return event.spec;
  if (state === null) throw new Error(`${event.type} of a timer that is not there`);
  return event.type === 'TimerUpdated' ? { ...state.spec, ...event.spec } : state.spec;
}

export interface MovedTick {
  readonly stored: EpochMs;
  /** By the zone data at hand; null: there would be none. */
  readonly computed: EpochMs | null;
}

/** The stored next tick of a timer that the zone data at hand would put elsewhere; null: it is where it belongs, or is due. */
export function movedTick(state: TimerState, now: EpochMs): MovedTick | null {
  const { nextTick, spec, fires } = state;
  if (nextTick === null || nextTick <= now || !dependsOnZoneData(spec)) return null;
  const { tick } = planNext(spec, { ...state, startAt: spec.startAt }, fires);
  return tick === nextTick ? null : { stored: nextTick, computed: tick };
}
