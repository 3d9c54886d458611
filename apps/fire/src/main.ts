import { runProcess } from '#runtime';
import { fireSchema } from './config.js';
import { runFire } from './run.js';

await runProcess('fire', fireSchema, (config) => runFire(config));
