import 'reflect-metadata';
import { createLogger, healthServer, type Service, startTracing, stopOnSignals } from '#runtime';
import { composeApi } from './compose.js';
import type { ApiConfig } from './config.js';
import { problem } from './http/problem-error.js';
import { createServer } from './http/server.js';

/** Starts an api in this process; resolves when it answers. */
export async function runApi(config: ApiConfig): Promise<Service & { readonly url: string }> {
  const logger = createLogger('api', config.LOG_LEVEL);
  const tracing = await startTracing('carillon-api', logger);
  const api = composeApi(config, logger);
  const app = await createServer(api.parts);
  const waiting = beforeItIsThere(config);
  await waiting.start();
  await api.start();
  await waiting.stop();
  await app.listen(config.HTTP_PORT, config.HTTP_HOST);
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : config.HTTP_PORT;
  const url = `http://${config.HTTP_HOST}:${port}`;
  logger.info({ url }, 'api is up');
  const service = {
    url,
    start: async () => undefined,
    // streams first: a server waits for its connections
    stop: async () => {
      await api.parts.hub.stop();
      await app.close();
      await api.stop();
      await tracing.stop();
    },
  };
  stopOnSignals(service, logger);
  return service;
}

/** Stands in while schema and replies are waited for: the process is live, and everything else is to be asked for again. */
function beforeItIsThere({ HTTP_PORT: port, HTTP_HOST: host }: ApiConfig): Service {
  const reason = 'this process waits for its schema and topics: a scheduler makes them';
  const { problem: body } = problem('not-ready', reason);
  return healthServer({ port, host, ready: () => reason, elsewhere: { status: body.status, body } });
}
