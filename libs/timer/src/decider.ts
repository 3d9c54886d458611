import type { EpochMs } from './brand.js';
import type { TimerCommand } from './command.js';
import type { RecordedEvent, TimerEvent } from './event.js';
import type { Rejection } from './rejection.js';
import type { TimerState } from './state.js';

/** Events to append (none: nothing to do, and that is fine), or a refusal. */
export type Decision =
  | { readonly ok: true; readonly events: readonly TimerEvent[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** Synchronous, total, no I/O, no clock, no randomness. `null` is a timer that does not exist (any more). */
export type Decide = (state: TimerState | null, command: TimerCommand, now: EpochMs) => Decision;
export type Evolve = (state: TimerState | null, recorded: RecordedEvent) => TimerState | null;
