import type { EpochMs } from '../brand.js';
import type { TimerCommand } from '../command.js';
import type { Decision } from '../decider.js';
import type { TimerState } from '../state.js';
import { accept, reject } from './decision.js';
import { fault } from './fire.js';

/** Versions, fires and attempts are stored in four bytes; the rest is room for what ends a timer. */
export const versionMax = 2 ** 31 - 1 - 1_000;

/** It goes, its children do, and its log may. */
const still: ReadonlySet<TimerCommand['type']> = new Set([
  'DeleteTimer',
  'EndChild',
  'FaultTimer',
  'SnapshotTimer',
  'ArchiveTimer',
]);

/** Of a timer that has had as many events as one can have; null: this command may go on. */
export function beyondLastVersion(state: TimerState, command: TimerCommand, now: EpochMs): Decision | null {
  if (state.version < versionMax || still.has(command.type)) return null;
  const reason = `the timer has had ${versionMax} events, the most that one can have: delete it and create it anew`;
  if (command.type === 'FireDue') return fault(state, { type: 'FaultTimer', commandId: null, reason }, now);
  return command.commandId === null ? accept() : reject('timer-faulted', reason);
}
