import './ends-with-parent.js';
import { loadConfig } from '#runtime';
import { apiSchema } from '../apps/api/src/config.js';
import { runApi } from '../apps/api/src/run.js';

const { url } = await runApi(loadConfig(apiSchema, process.env));
process.on('message', (message) => {
  if (message === 'url') process.send?.(url);
});
process.send?.('up');
