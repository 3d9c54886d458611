import type { TimerId } from '#timer';

/** What should not be so in a log or in the state beside it. */
export interface Finding {
  readonly what:
    | 'state-differs'
    | 'state-missing'
    | 'state-without-log'
    | 'log-cut-off'
    | 'version-gap'
    | 'position-gap'
    | 'position-twice'
    | 'version-twice'
    | 'head-behind'
    | 'out-of-order'
    | 'wrong-database'
    | 'usage-differs';
  readonly timerId?: TimerId;
  readonly detail: string;
}
