import './ends-with-parent.js';
import type { Emission } from '#engine';
import { loadConfig } from '#runtime';
import { fireSchema } from '../apps/fire/src/config.js';
import { runFire } from '../apps/fire/src/run.js';
import { FireTrace } from './fire-trace.js';
import { LatenessSample } from './lateness.js';
import type { Load } from './stage.js';

// The fire service as it is, with an observer: due moment to acknowledgement by Kafka, told to the parent on request. With BENCH_TRACE
// each step of each firing as well.

const sample = new LatenessSample();
const trace = process.env.BENCH_TRACE === undefined ? null : new FireTrace();
const loads: Load[] = [];
let takeOverMs: number | null = null;
process.on('message', (message) => {
  if (message === 'reset') sample.reset();
  if (message === 'report') process.send?.({ lateness: sample.report(), loads, takeOverMs });
  if (message === 'trace') process.send?.(trace?.take());
});

const dueAt = ({ kind, state }: Emission): number | null => {
  if (kind !== 'due' || state.open === null || state.open.attempt !== 1) return null;
  return state.open.scheduledFor;
};

await runFire(loadConfig(fireSchema, process.env), {
  ...(trace !== null && { log: trace.log, sink: trace.sink }),
  observer: {
    emitted: (emissions) => {
      // not the service's estimate of the database's clock: the machine's own, which the database reads too
      const acknowledgedAt = Date.now();
      for (const emission of emissions) {
        const due = dueAt(emission);
        if (due !== null) sample.add(acknowledgedAt - due);
      }
    },
    loaded: (_slots, timers, tookMs) => {
      loads.push({ timers, tookMs: Math.round(tookMs) });
    },
    tookOver: ({ loadMs }) => {
      takeOverMs ??= Math.round(loadMs);
    },
  },
});
process.send?.('up');
