import type { EpochMs, TimerId } from '../brand.js';
import type { ChildName, EndChild } from '../command.js';
import type { Decision } from '../decider.js';
import type { ChildSpawned, TickQueued, TicksDropped, TimerEvent } from '../event.js';
import type { TimerState } from '../state.js';
import { childSpec } from './child-spec.js';
import { idleClock } from './clock.js';
import { created } from './create.js';
import { accept } from './decision.js';
import { endedEvents, replan } from './replan.js';
import { isSpawning } from './room.js';

// A tick of a spawning timer is over at once; what is to be done lives on as its child. Children end in their own time,
// and the parent knows which are open.

/** What the child of the next tick is called, if nobody has that name. */
export const childKeyOf = ({ spec, fires }: TimerState): string => `${spec.key}:${fires + 1}`;

export const childSpawned = (
  state: TimerState,
  child: ChildName,
  scheduledFor: EpochMs,
  clock: Pick<ChildSpawned, 'at' | 'nextFireAt'>,
): ChildSpawned => ({
  type: 'ChildSpawned',
  ...clock,
  childId: child.id,
  childKey: child.key,
  n: state.fires + 1,
  scheduledFor,
});

/** The first events of a child's own life. */
export const createChild = (parent: TimerState, spawned: ChildSpawned): TimerEvent[] => {
  if (!isSpawning(parent.spec)) return [];
  const spec = childSpec(parent.id, parent.spec, parent.spec.spawn, spawned);
  return created(spawned.childId, spec, spawned.at);
};

/** A tick that finds no room: it waits if it is the first to, or is dropped with the reason. */
export function overlapped(state: TimerState, tick: EpochMs, now: EpochMs): TimerEvent[] {
  const waits = state.spec.spawn?.overlap === 'queueOne' && state.waitingTick === null;
  const after = { ...state, lastTick: tick, waitingTick: waits ? tick : state.waitingTick };
  const planned = replan(after, now);
  const { nextTick, nextFireAt } = planned;
  const fact = { at: now, nextFireAt, nextTick };
  const event: TickQueued | TicksDropped = waits
    ? { type: 'TickQueued', ...fact, scheduledFor: tick }
    : {
        type: 'TicksDropped',
        ...fact,
        reason: 'overlap',
        first: tick,
        last: tick,
        count: 1,
        countIsExact: true,
      };
  return [event, ...endedEvents(planned, state, now)];
}

/** Told again, or of a child of a former timer of this name: nothing. */
export function endChild(state: TimerState, { parentId, childId }: EndChild, now: EpochMs): Decision {
  if (state.id !== parentId || !state.children.includes(childId)) return accept();
  const after = { ...state, children: without(state.children, childId) };
  const nextFireAt = state.open !== null ? state.nextFireAt : idleClock(after, now);
  return accept({ type: 'ChildEnded', at: now, nextFireAt, childId });
}

export const without = (children: readonly TimerId[], childId: TimerId): TimerId[] =>
  children.filter((id) => id !== childId);
