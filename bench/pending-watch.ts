import { quantile } from './lateness.js';
import type { DaySample } from './pending-day.js';
import { type VacuumFacts, vacuumFacts, vacuumsNow, type WalFacts, walFacts } from './pending-facts.js';
import { pause, type Stage } from './stage.js';

// What a day of updates does to `timer_state`, and what a vacuum does to those who work beside it.

const sampleMs = 5_000;
const watchedTable = 'timer_state';

interface Sample {
  readonly takenAt: number;
  readonly state: VacuumFacts | undefined;
  readonly wal: WalFacts;
  readonly openListedMs: number;
  /** Those of `timer_state` that are under way. */
  readonly vacuums: readonly string[];
}

/** Samples until it is over, each told as it is taken. */
export async function watchDay(
  stage: Stage,
  day: readonly DaySample[],
  watched: { readonly isOver: boolean },
  say: (line: string) => void,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  while (!watched.isOver) {
    await pause(sampleMs);
    const sample = await take(stage);
    samples.push(sample);
    const { fires = 0, behindMs = 0, sweepMs = 0 } = day.at(-1) ?? {};
    say(
      `  ${fires} fires, ${Math.round(behindMs)} ms behind, swept in ${sweepMs} ms; ${sample.state?.dead} dead, open timers listed in ${sample.openListedMs} ms; ${sample.vacuums.join(', ')}`,
    );
  }
  return samples;
}

async function take(stage: Stage): Promise<Sample> {
  const takenAt = performance.now();
  await stage.sql('select id from timer_state where status in (1, 2) order by status, id limit 100');
  return {
    takenAt,
    openListedMs: Math.round(performance.now() - takenAt),
    state: (await vacuumFacts(stage)).find(({ table }) => table === watchedTable),
    wal: await walFacts(stage),
    vacuums: (await vacuumsNow(stage)).filter((vacuum) => vacuum.startsWith(`${watchedTable}:`)),
  };
}

/** One line for each stretch without a vacuum of `timer_state`, and each with one. */
export function stretches(day: readonly DaySample[], samples: readonly Sample[]): readonly string[] {
  const lines: string[] = [];
  let stretch: Sample[] = [];
  for (const [n, sample] of samples.entries()) {
    stretch.push(sample);
    const next = samples[n + 1];
    if (next !== undefined && isVacuumed(next) === isVacuumed(sample)) continue;
    lines.push(lineOf(stretch, day, next ?? sample));
    stretch = [];
  }
  return lines;
}

const isVacuumed = ({ vacuums }: Sample): boolean => vacuums.length > 0;

function lineOf(stretch: readonly Sample[], day: readonly DaySample[], end: Sample): string {
  const first = stretch[0] ?? end;
  const within = day.filter(({ takenAt }) => takenAt >= first.takenAt && takenAt < end.takenAt);
  const fires = (within.at(-1)?.fires ?? 0) - (within[0]?.fires ?? 0);
  const seconds = (end.takenAt - first.takenAt) / 1_000;
  const sweeps = percentiles(within.map(({ sweepMs }) => sweepMs));
  const listed = percentiles(stretch.map(({ openListedMs }) => openListedMs));
  const behind = Math.max(0, ...within.map(({ behindMs }) => behindMs));
  const dead = Math.max(0, ...stretch.map(({ state }) => state?.dead ?? 0));
  return `${isVacuumed(first) ? 'with a vacuum' : 'without a vacuum'}, ${Math.round(seconds)} s: ${Math.round(fires / seconds)} fires a second, at most ${Math.round(behind)} ms behind; sweeps ${sweeps} ms; open timers listed in ${listed} ms; at most ${dead} dead; ${Math.round((end.wal.bytes - first.wal.bytes) / Math.max(fires, 1))} bytes of WAL a fire`;
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `p50 ${quantile(sorted, 0.5)}, p99 ${quantile(sorted, 0.99)}`;
}
