import { loadConfig, redacted } from '#runtime';
import { apiSchema } from './config.js';
import { runApi } from './run.js';

const config = loadConfig(apiSchema, process.env);
if (process.argv.includes('--print-config')) {
  process.stdout.write(`${JSON.stringify(redacted(config), null, 2)}\n`);
} else {
  await runApi(config);
}
