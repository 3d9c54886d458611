import type { Payload } from '#timer';
import type { DelayedEvent, RunContext } from './event.js';
import type { Verdict } from './verdict.js';

// What a queue needs of whoever keeps its events and hands them over. `openDelayQueue` uses Carillon; `InMemoryDelays`
// is both in one process; others may write their own.

export interface EventToSave {
  readonly id: string;
  readonly type: string;
  /** Epoch ms. */
  readonly at: number;
  readonly payload: Payload | null;
}

/**
 * - `cancelled`: it will not run (again): it had not fired, or waited for a retry
 * - `running`: it has fired; this run goes on, and nothing follows it
 * - `already-fired`: it has run and ended
 * - `unknown`: there is no such event
 */
export type CancelAnswer = 'cancelled' | 'running' | 'already-fired' | 'unknown';

/** An event that was tried as often as the policy allows. */
export interface GivenUp {
  readonly id: string;
  readonly type: string;
  readonly eventId: string;
  readonly attempts: number;
  readonly triggerTime: Date;
  readonly givenUpAt: Date;
  /** As the last attempt left it. */
  readonly data: string | null;
  readonly lastError: string | null;
}
export interface GivenUpList {
  /** The oldest first. */
  readonly events: readonly GivenUp[];
  /** False: there are more than are kept; the oldest are left out. */
  readonly isComplete: boolean;
}

export type Stats = Readonly<Record<string, number | string>>;

export interface DelayStore {
  open(): Promise<void>;
  /** Final. An `open` that still waits ends by it. */
  close(): Promise<void>;
  /** Keeps an event, once: an id that is there already stays as it is. */
  save(event: EventToSave): Promise<void>;
  cancel(id: string): Promise<CancelAnswer>;
  listGivenUp(): Promise<GivenUpList>;
  /** As many attempts again, the first at once. False: no such event was given up, or it was redriven since. */
  redrive(id: string): Promise<boolean>;
  /** Counters by their full names, merged into the queue's. */
  stats?(): Stats;
  resetStats?(): void;
}

/** Runs the event's trigger. Never rejects: what goes wrong is a verdict. */
export type RunEvent = (event: DelayedEvent, context: RunContext) => Promise<Verdict>;

export interface DelayConsumer {
  /**
   * Hands each event over when it is due, side by side up to a bound, and acts on the verdict: an end is written down,
   * a retry comes again at its time with its data. Resolves when events may come.
   */
  start(run: RunEvent, types: readonly string[]): Promise<void>;
  /** Final. Takes nothing new, and waits for the runs under way, up to a bound. A `start` that still waits ends by it. */
  stop(): Promise<void>;
  stats?(): Stats;
  resetStats?(): void;
}
