import type { EmissionSink } from '#engine';
import { loadConfig, systemClock } from '#runtime';
import { fireSchema } from '../../apps/fire/src/config.js';
import { runFire } from '../../apps/fire/src/run.js';
import { die, fault, faultyLog, strikes } from './fault.js';

const faultySink = (sink: EmissionSink): EmissionSink => ({
  emit: async (emissions) => {
    if (strikes('die-before-emission')) die();
    await sink.emit(emissions);
    if (strikes('die-after-emission')) die();
  },
});

/** Runs ahead of the truth by up to two seconds, by jumps. */
const jumpyClock = (): number => systemClock() + (Math.floor(systemClock() / 300) % 5) * 500;

await runFire(loadConfig(fireSchema, process.env), {
  log: faultyLog(({ due }) => due.length > 0),
  sink: faultySink,
  ...(fault === 'jumpy-clock' && { clock: jumpyClock }),
});
