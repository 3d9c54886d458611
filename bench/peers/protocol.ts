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
  /** Answers `Report`; the sample begins anew. */
  | { readonly op: 'report' };

export interface Report {
  /** Handled since the process began. */
  readonly handled: number;
  /** Due moment to the handler, ms, since the last report. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
