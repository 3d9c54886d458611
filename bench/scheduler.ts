import './ends-with-parent.js';
import { loadConfig } from '#runtime';
import { schedulerSchema } from '../apps/scheduler/src/config.js';
import { runScheduler } from '../apps/scheduler/src/run.js';

await runScheduler(loadConfig(schedulerSchema, process.env));
process.send?.('up');
