import type { Timers } from '#client';

/** What tasks ask of the timers under them; a `TimerClient` is one, and so is the one in memory of the test kit. */
export type TaskTimers = Pick<
  Timers,
  | 'createTimer'
  | 'createTimers'
  | 'updateTimer'
  | 'deleteTimer'
  | 'cancelTimer'
  | 'pauseTimer'
  | 'resumeTimer'
  | 'claimEvent'
  | 'heartbeatEvent'
  | 'closeTimerEvent'
  | 'retryEvent'
  | 'getTimers'
>;
/** The part that a runner needs. */
export type RunnerTimers = Pick<TaskTimers, 'heartbeatEvent' | 'closeTimerEvent' | 'retryEvent'>;

/** Tells a runner of a claim that names it. */
export interface ClaimPost {
  /** The claim is sent with the runner's own address for the answer, so the runner learns of it when it is a fact. */
  post(claim: Claim): Promise<void>;
}

export interface Claim {
  readonly runner: string;
  readonly namespace: string;
  readonly key: string;
  readonly eventId: string;
  readonly attempt: number;
  /** Also if another runner has it: the next attempt begins. */
  readonly takeOver?: boolean;
}
