import { runProcess } from '#runtime';
import { apiSchema } from './config.js';
import { runApi } from './run.js';

await runProcess('api', apiSchema, (config) => runApi(config));
