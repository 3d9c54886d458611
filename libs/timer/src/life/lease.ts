import { type EpochMs, laterBy } from '../brand.js';
import type { AcquireLease, ReleaseLease, RenewLease } from '../command.js';
import type { Decision } from '../decider.js';
import type { LeaseAcquired } from '../event.js';
import { durationMs } from '../schedule/duration.js';
import type { Lease, TimerState } from '../state.js';
import { created } from './create.js';
import { accept, refuse, reject } from './decision.js';
import { specFrom } from './defaults.js';
import { durationProblem, validateSpec } from './validate.js';

// A lease on a timer: held by one until it is released or its time is up. Nothing has to run for it to end: whoever
// decides looks at the moment. Leases do not touch the timer's own clock.

export const isHeld = (lease: Lease | null, now: EpochMs): boolean => lease !== null && lease.until > now;

export function acquire(state: TimerState | null, command: AcquireLease, now: EpochMs): Decision {
  const problem = durationProblem('ttl', command.ttl);
  if (problem !== null) return refuse(problem);
  if (state === null) return acquireNew(command, now);
  const { lease } = state;
  if (lease !== null && isHeld(lease, now)) return reject('lease-held', heldMessage(lease));
  return accept(acquired(command, state.version + 1, clockOf(state), now));
}

/** One that would have deleted itself does so no more. */
const clockOf = ({ open, endedReason, nextFireAt }: TimerState): EpochMs | null =>
  open === null && endedReason !== null ? null : nextFireAt;

/** A timer that is there for its lease alone: it never fires, and what closes it never comes. */
function acquireNew(command: AcquireLease, now: EpochMs): Decision {
  const { create, check } = command;
  if (create === undefined || check !== undefined) return reject('timer-not-exist', 'timer not exist');
  const { timerId, namespace, key } = create;
  const spec = specFrom(namespace, key, { schedPolicyType: 'ON_CLOSE', schedPolicyExpr: '', enable: false });
  const problem = validateSpec(spec);
  if (problem !== null) return refuse(problem);
  const beginning = created(timerId, spec, now);
  return accept(...beginning, acquired(command, beginning.length + 1, null, now));
}

const acquired = (
  { holder, ttl }: AcquireLease,
  token: number,
  nextFireAt: EpochMs | null,
  now: EpochMs,
): LeaseAcquired => ({
  type: 'LeaseAcquired',
  at: now,
  nextFireAt,
  holder,
  token,
  until: laterBy(now, durationMs(ttl)),
});

export function renew(state: TimerState, command: RenewLease, now: EpochMs): Decision {
  const problem = durationProblem('ttl', command.ttl);
  if (problem !== null) return refuse(problem);
  const lost = lostBy(state.lease, command, now);
  if (lost !== null) return lost;
  const { holder, token, ttl } = command;
  const until = laterBy(now, durationMs(ttl));
  return accept({ type: 'LeaseRenewed', at: now, nextFireAt: state.nextFireAt, holder, token, until });
}

export function release(state: TimerState, command: ReleaseLease, now: EpochMs): Decision {
  const lost = lostBy(state.lease, command, now);
  if (lost !== null || state.lease === null) return lost ?? accept();
  const { holder, token } = state.lease;
  return accept({ type: 'LeaseReleased', at: now, nextFireAt: state.nextFireAt, holder, token });
}

/** Why the lease is not the sender's any more; null: it is. */
function lostBy(
  lease: Lease | null,
  { holder, token }: { readonly holder: string; readonly token?: number },
  now: EpochMs,
): Decision | null {
  if (lease === null) return reject('lease-lost', 'nobody has ever had a lease on this timer');
  if (lease.holder !== holder || (token !== undefined && lease.token !== token)) {
    return reject(
      'lease-lost',
      `the lease with token ${token ?? '?'} is over: token ${lease.token} was given after it`,
    );
  }
  if (!isHeld(lease, now)) return reject('lease-lost', `the lease was over at ${momentOf(lease.until)}`);
  return null;
}

/** Tokens must rise for ever, and they are versions: a timer that was leased keeps its stream. */
export function deletionProblem({ lease }: TimerState, now: EpochMs): Decision | null {
  if (lease === null) return null;
  if (isHeld(lease, now)) return reject('lease-held', heldMessage(lease));
  return reject(
    'lease-remembered',
    'a timer that was ever leased is not deleted: its fencing tokens rise for ever',
  );
}

const momentOf = (moment: EpochMs): string => new Date(moment).toISOString();
/** Clients read moment and holder from it: the form is part of the protocol. */
const heldMessage = ({ until, holder }: Lease): string => `held until ${momentOf(until)} by ${holder}`;
