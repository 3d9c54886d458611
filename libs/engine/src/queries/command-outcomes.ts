import type { CommandId, Rejection, TimerId } from '#timer';
import type { TimerTarget } from '../log/timer-log.js';

export interface AppliedTo {
  readonly timerId: TimerId;
  /** Of the last event that the command caused. */
  readonly version: number;
}

/** What became of a command, for whoever did not wait or whose process died meanwhile. */
export interface CommandOutcomes {
  /** Kept for a day. Null: not refused, as far as is known. */
  rejectionOf(commandId: CommandId): Promise<Rejection | null>;
  /** The event that it caused, in any life of the name within a day; null: none there. */
  appliedTo(target: TimerTarget, commandId: CommandId): Promise<AppliedTo | null>;
}
