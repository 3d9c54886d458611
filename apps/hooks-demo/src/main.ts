import { runProcess } from '#runtime';
import { hooksDemoSchema } from './config.js';
import { runHooksDemo } from './run.js';

await runProcess('hooks-demo', hooksDemoSchema, runHooksDemo);
