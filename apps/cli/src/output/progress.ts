import { durationText } from './duration.js';

/** So many are done; drawn a few times a second. */
export type At = (done: number) => void;

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const drawnEveryMs = 100;
const barMax = 30;
const wipe = '\r\u001b[2K';

/**
 * A bar for long work, on standard error and on a terminal alone: a pipe, a log and `--json` see nothing of it. Nothing of it is left
 * when the work has ended.
 * @param total 0: not known, so that only what is done is told
 */
export async function withProgress<T>(
  what: string,
  total: number,
  work: (at: At) => Promise<T>,
  screen: Screen = process.stderr,
  now: () => number = performance.now.bind(performance),
): Promise<T> {
  if (screen.isTTY !== true) return work(() => undefined);
  const since = now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  const at: At = (done) => {
    if (now() - drawnAt < drawnEveryMs && done !== total) return;
    drawnAt = now();
    screen.write(wipe + barLine(what, done, total, now() - since).slice(0, (screen.columns ?? 80) - 1));
  };
  try {
    return await work(at);
  } finally {
    screen.write(wipe);
  }
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
