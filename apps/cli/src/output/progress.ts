import { durationText } from './duration.js';

/** `using bar = progressOf(…)`: at the end of the block nothing of it is left. */
export interface Progress extends Disposable {
  /** So many are done; drawn a few times a second. */
  at(done: number): void;
}

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const drawnEveryMs = 100;
const barMax = 30;
const wipe = '\r\u001b[2K';

/**
 * A bar for long work, on standard error and on a terminal alone: a pipe, a log and `--json` see nothing of it.
 * @param total 0: not known, so that only what is done is told
 */
export function progressOf(
  what: string,
  total: number,
  screen: Screen = process.stderr,
  now: () => number = performance.now.bind(performance),
): Progress {
  if (screen.isTTY !== true) return { at: () => undefined, [Symbol.dispose]: () => undefined };
  const since = now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    at: (done) => {
      if (now() - drawnAt < drawnEveryMs && done !== total) return;
      drawnAt = now();
      screen.write(wipe + barLine(what, done, total, now() - since).slice(0, (screen.columns ?? 80) - 1));
    },
    [Symbol.dispose]: () => void screen.write(wipe),
  };
}

/** Pure: `verify [#######-----]  58 %  580 of 1000, 12 s left` */
export function barLine(what: string, done: number, total: number, tookMs: number): string {
  if (total <= 0) return `${what}  ${done}`;
  const share = Math.min(1, done / total);
  const full = Math.round(share * barMax);
  const left = share > 0 && share < 1 ? `, ${durationText((tookMs / share) * (1 - share))} left` : '';
  const bar = '#'.repeat(full) + '-'.repeat(barMax - full);
  return `${what} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${done} of ${total}${left}`;
}
