import type { EpochMs, TimerId } from '../brand.js';
import type { CreateTimer } from '../command.js';
import type { Decision } from '../decider.js';
import type { TimerEvent } from '../event.js';
import type { TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';
import { accept, refuse, reject } from './decision.js';
import { specFrom } from './defaults.js';
import { endedEvents, replan } from './replan.js';
import { payloadProblem, validateSpec } from './validate.js';

export function create(state: TimerState | null, command: CreateTimer, now: EpochMs): Decision {
  const { namespace, key, timer, timerId } = command;
  if (state !== null)
    return reject(
      'timer-exists',
      `timer already exists: ${namespace}/${key} has id ${state.id}; update it, or delete it first`,
    );
  const spec = specFrom(namespace, key, timer);
  const problem = validateSpec(spec) ?? payloadProblem('summaryData', timer.summary);
  if (problem !== null) return refuse(problem);
  return accept(
    ...created(timerId, spec, now, { watermark: timer.watermark ?? null, summary: timer.summary ?? null }),
  );
}

/** The first events of a timer's life. */
export function created(
  timerId: TimerId,
  spec: TimerSpec,
  now: EpochMs,
  { watermark, summary }: Pick<TimerState, 'watermark' | 'summary'> = { watermark: null, summary: null },
): TimerEvent[] {
  const planned = replan(newTimer(timerId, spec, now, watermark, summary), now);
  const { nextTick, nextFireAt } = planned;
  return [
    { type: 'TimerCreated', at: now, nextFireAt, timerId, spec, watermark, summary, nextTick },
    ...endedEvents(planned, { spec, pausedAt: null, lease: null }, now),
  ];
}

export const newTimer = (
  id: TimerState['id'],
  spec: TimerState['spec'],
  createTime: EpochMs,
  watermark: EpochMs | null,
  summary: TimerState['summary'],
): TimerState => ({
  id,
  spec,
  version: 0,
  createTime,
  watermark,
  lastTick: null,
  nextTick: null,
  nextFireAt: null,
  fires: 0,
  summary,
  open: null,
  manual: null,
  pausedAt: null,
  pausedBy: [],
  resumedAt: null,
  closedAt: null,
  fault: null,
  givenUp: null,
  endedReason: null,
  children: [],
  waitingTick: null,
  lease: null,
  recent: [],
});
