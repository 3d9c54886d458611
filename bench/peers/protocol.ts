import type { LatenessReport } from '../lateness.js';

/** What each peer's process is asked, a line of JSON each, by `main.ts`; each answers with one line of JSON. */
export type Ask =
  /** Makes schema, queue and client. */
  | { readonly op: 'open'; readonly url: string }
  /** Inserts `count` jobs by the peer's own batch call; the i-th is due at `dueAt + i * everyMs`. Answers `{tookMs}`. */
  | { readonly op: 'batch'; readonly count: number; readonly dueAt: number; readonly everyMs: number }
  /** The same one by one, 50 calls in flight. Answers `{tookMs}`. */
  | { readonly op: 'single'; readonly count: number; readonly dueAt: number }
  /** Starts the worker; with `hold` its handler never returns. */
  | { readonly op: 'work'; readonly hold: boolean }
  /** The sample begins anew. */
  | { readonly op: 'reset' }
  /** Answers `Report`. */
  | { readonly op: 'report' };

/** Due moment to the handler since the sample began, ms. */
export interface Report extends Pick<LatenessReport, 'p50' | 'p99' | 'max'> {
  /** Since the process began. */
  readonly handled: number;
}
