import type { SpawnPolicy, TimerSpec } from '../spec.js';
import type { TimerState } from '../state.js';

export const isSpawning = (spec: TimerSpec): spec is TimerSpec & { readonly spawn: SpawnPolicy } =>
  spec.spawn !== undefined && spec.spawn !== null;

/** Whether a tick may spawn now; true of a timer that spawns nothing. */
export function hasRoom({ spec, children }: Pick<TimerState, 'spec' | 'children'>): boolean {
  if (!isSpawning(spec)) return true;
  const { overlap, openMax } = spec.spawn;
  return children.length < (overlap === 'allow' ? openMax : 1);
}

/** A person who asks for a run does not wait for the one under way; the bound holds all the same. */
export const isFull = ({ spec, children }: Pick<TimerState, 'spec' | 'children'>): boolean =>
  isSpawning(spec) && children.length >= spec.spawn.openMax;
