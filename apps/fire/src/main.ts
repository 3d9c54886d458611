import { loadConfig, redacted } from '#runtime';
import { fireSchema } from './config.js';
import { runFire } from './run.js';

const config = loadConfig(fireSchema, process.env);
if (process.argv.includes('--print-config')) {
  process.stdout.write(`${JSON.stringify(redacted(config), null, 2)}\n`);
} else {
  await runFire(config);
}
