import { loadConfig, redacted } from '#runtime';
import { schedulerSchema } from './config.js';
import { runScheduler } from './run.js';

const config = loadConfig(schedulerSchema, process.env);
if (process.argv.includes('--print-config')) {
  process.stdout.write(`${JSON.stringify(redacted(config), null, 2)}\n`);
} else {
  await runScheduler(config);
}
