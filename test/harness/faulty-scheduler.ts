import { loadConfig } from '#runtime';
import { schedulerSchema } from '../../apps/scheduler/src/config.js';
import { runScheduler } from '../../apps/scheduler/src/run.js';
import { faultyLog } from './fault.js';

await runScheduler(
  loadConfig(schedulerSchema, process.env),
  faultyLog(({ offsets }) => offsets.length > 0),
);
