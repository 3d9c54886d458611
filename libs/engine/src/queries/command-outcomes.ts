import type { CommandId, Rejection } from '#timer';
import type { TimerTarget, TimerVersion } from '../log/timer-log.js';

export interface RefusedCommand {
  readonly rejection: Rejection;
  /** The record as it was received, which says whose timer it was about. */
  readonly value: Uint8Array | null;
}

/** What became of a command, for whoever did not wait or whose process died meanwhile. */
export interface CommandOutcomes {
  /** Kept for a day. Null: not refused, as far as is known. `target` spares looking where other timers lie. */
  rejectionOf(commandId: CommandId, target: TimerTarget | null): Promise<RefusedCommand | null>;
  /**
   * The timer as the command left it, in any life of the name within a day: the last version that it made, or the one that it
   * met and did not have to change (kept for a day). Null: no trace of it there.
   */
  appliedTo(target: TimerTarget, commandId: CommandId): Promise<TimerVersion | null>;
}
