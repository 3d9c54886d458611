import type { EpochMs, EventId } from '../brand.js';
import type { DroppedReason, RecordedEvent } from '../event.js';
import type { TimerState } from '../state.js';

/** A fact of the history, and who caused it where a person or a service did. An entry of the log's history fits. */
export interface HistoryFact extends RecordedEvent {
  readonly meta?: { readonly actor?: string; readonly traceparent?: string };
}

export interface WhyRequest {
  /** Both included; `from` = `to` asks about one moment. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly now: EpochMs;
  /** The timer as it was just before the first entry of `history`; null: it was not there yet. */
  readonly before: TimerState | null;
  /** Everything since, oldest first, also what came after `to`: a tick may be settled long after its time. */
  readonly history: readonly HistoryFact[];
}

/** Ticks looked at in one answer; what lies beyond is not told (`WhyAnswer.isCut`). */
export const whyTicksMax = 1_000;

export type WhyVerdict = 'fired' | 'dropped' | 'not-fired' | 'pending' | 'planned' | 'no-tick';
/**
 * Beside the reasons of the log: `passed-over` is a tick that a watermark set forward, or another schedule, went past;
 * `event-open` one that waits for the close of the event before it; `late` one that is due and has not been fired yet.
 */
export type WhyReason =
  | DroppedReason
  | 'not-created'
  | 'deleted'
  | 'ended'
  | 'faulted'
  | 'event-open'
  | 'passed-over'
  | 'late';

export interface WhyFire {
  readonly eventId: EventId;
  readonly scheduledFor: EpochMs;
  readonly startedAt: EpochMs;
  /** From the tick to the trigger, ms; jitter is part of it. */
  readonly latenessMs: number;
  readonly attempts: number;
  /** `recalled`: called back before anybody had begun it. */
  readonly outcome: 'open' | 'closed' | 'given-up' | 'cancelled' | 'recalled' | 'deleted';
  readonly closedAt: EpochMs | null;
  readonly error: string | null;
  readonly manualRequestId: string | null;
}

export interface WhyEntry {
  readonly verdict: WhyVerdict;
  /** Null where it fired, is planned, or no tick is there. */
  readonly reason: WhyReason | null;
  /** The tick; of several that fared alike, the first and the last. Null: there is none (`no-tick`). */
  readonly first: EpochMs | null;
  readonly last: EpochMs | null;
  readonly count: number;
  readonly fire: WhyFire | null;
  /** For a person: what happened to it and why. */
  readonly sentence: string;
}

export interface WhyAnswer {
  /** In the order of the ticks. */
  readonly entries: readonly WhyEntry[];
  /** There were more ticks than `whyTicksMax`: ask again from the last one told. */
  readonly isCut: boolean;
}
