import { runProcess } from '#runtime';
import { schedulerSchema } from './config.js';
import { runScheduler } from './run.js';

await runProcess('scheduler', schedulerSchema, (config) => runScheduler(config));
