import type { EpochMs, TimerId } from '../brand.js';
import type { SpawnPolicy, TimerSpec } from '../spec.js';
import { specFrom } from './defaults.js';

export interface ChildIdentity {
  readonly childKey: string;
  readonly n: number;
  readonly scheduledFor: EpochMs;
}

/** Once, at the tick that made it: due at once, and late by as much as the tick was. */
export function childSpec(
  parentId: TimerId,
  { namespace, key }: TimerSpec,
  { timer }: SpawnPolicy,
  { childKey, n, scheduledFor }: ChildIdentity,
): TimerSpec {
  const schedule = { schedPolicyType: 'ONCE', schedPolicyExpr: new Date(scheduledFor).toISOString() };
  return {
    ...specFrom(namespace, childKey, { ...timer, ...schedule }),
    parent: { timerId: parentId, key, n },
  };
}
