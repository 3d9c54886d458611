import { unreachable } from './brand.js';
import type { Check, TimerCommand } from './command.js';
import type { Decide, Decision } from './decider.js';
import { answer } from './life/answer.js';
import { cancel, redrive } from './life/cancel.js';
import { create } from './life/create.js';
import { accept, refuse, reject } from './life/decision.js';
import { confirmEmission, fault, fireDue } from './life/fire.js';
import { expire, pause, resume, trigger } from './life/hold.js';
import { beyondLastVersion } from './life/last-version.js';
import { acquire, deletionProblem, release, renew } from './life/lease.js';
import { recalling } from './life/recall.js';
import { parentOf } from './life/replan.js';
import { archive, snapshot } from './life/retire.js';
import { endChild } from './life/spawn.js';
import { update } from './life/update.js';
import type { Rejection } from './rejection.js';
import type { TimerState } from './state.js';

export const decide: Decide = (state, command, now): Decision => {
  if (command.type === 'CreateTimer') return create(state, command, now);
  if (command.type === 'AcquireLease' && state === null) return acquire(null, command, now);
  if (state === null)
    return command.commandId === null ? accept() : reject('timer-not-exist', 'timer not exist');
  const mismatch = command.commandId === null ? null : checkProblem(state, command.check);
  if (mismatch !== null) return refuse(mismatch);
  return beyondLastVersion(state, command, now) ?? decideOn(state, command, now);
};

function decideOn(
  state: TimerState,
  command: Exclude<TimerCommand, { type: 'CreateTimer' }>,
  now: Parameters<Decide>[2],
): Decision {
  switch (command.type) {
    case 'UpdateTimer':
      return recalling(state, command, now, (called) => update(called, command, now));
    case 'DeleteTimer':
      return remove(state, now);
    case 'TriggerTimer':
      return trigger(state, command, now);
    case 'PauseTimer':
      return recalling(state, command, now, (called) => pause(called, command, now));
    case 'ResumeTimer':
      return resume(state, command, now);
    case 'ExpireTimer':
      return expire(state, command, now);
    case 'CancelTimer':
      return cancel(state, command, now);
    case 'RedriveEvent':
      return redrive(state, command, now);
    case 'CloseEvent':
    case 'RetryEvent':
    case 'HeartbeatEvent':
    case 'ClaimEvent':
    case 'AnswerPreSchedule':
      return answer(state, command, now);
    case 'AcquireLease':
      return acquire(state, command, now);
    case 'RenewLease':
      return renew(state, command, now);
    case 'ReleaseLease':
      return release(state, command, now);
    case 'EndChild':
      return endChild(state, command, now);
    case 'FireDue':
      return fireDue(state, command, now);
    case 'FaultTimer':
      return fault(state, command, now);
    case 'ConfirmEmission':
      return confirmEmission(state, command, now);
    case 'SnapshotTimer':
      return snapshot(state, now);
    case 'ArchiveTimer':
      return archive(state, command, now);
    default:
      return unreachable(command);
  }
}

function remove(state: TimerState, now: Parameters<Decide>[2]): Decision {
  return (
    deletionProblem(state, now) ??
    accept({ type: 'TimerDeleted', at: now, nextFireAt: null, ...parentOf(state.spec) })
  );
}

/** The version first: it says more. */
function checkProblem(state: TimerState, check: Check | undefined): Rejection | null {
  if (check?.version !== undefined && check.version !== state.version) {
    return {
      code: 'version-not-match',
      message: `timer version not match: it is ${state.version}, not ${check.version}`,
    };
  }
  if (check?.eventId !== undefined && check.eventId !== state.open?.eventId) {
    return {
      code: 'event-id-not-match',
      message: `timer event id not match: ${state.open?.eventId ?? 'none'} is open`,
    };
  }
  if (check?.live === true && state.endedReason !== null && state.open === null) {
    return { code: 'timer-ended', message: `the timer has ended (${state.endedReason})` };
  }
  if (check?.unclaimed === true && state.open?.claimed === true && state.open.phase === 'delivered') {
    return {
      code: 'already-claimed',
      message: `${state.open.worker} has claimed event ${state.open.eventId}`,
    };
  }
  return null;
}
