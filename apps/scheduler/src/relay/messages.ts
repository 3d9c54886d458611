import type { SchedulerConfig } from '../config.js';

/** What the relay's thread is started with. */
export interface RelayThreadData {
  readonly config: SchedulerConfig;
}

/** From the scheduler to the relay's thread. */
export type ToRelay =
  | { readonly type: 'want'; readonly partitions: readonly number[] }
  /** Something was just committed. */
  | { readonly type: 'nudge' }
  | { readonly type: 'stop' };

/** And back. */
export type FromRelay =
  | { readonly type: 'up' }
  /** Events of one database that are committed and not published yet, of the partitions that the relay holds. */
  | { readonly type: 'lag'; readonly database: number; readonly events: number };
