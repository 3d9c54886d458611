import { createServer } from 'node:http';
import type { Service } from './service.js';

/** Null: ready. Otherwise why not, in words for a person. */
export type Readiness = () => Promise<string | null> | string | null;

/** `/health/live` answers while the process does; `/health/ready` when it can do its work. On 127.0.0.1 unless told otherwise. */
export function healthServer(port: number, ready: Readiness, host = '127.0.0.1'): Service {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/health/live') return answer(200, { status: 'ok' });
    if (request.url !== '/health/ready') return answer(404, { error: 'try /health/live or /health/ready' });
    Promise.resolve()
      .then(ready)
      .then(
        (reason) =>
          answer(
            reason === null ? 200 : 503,
            reason === null ? { status: 'ok' } : { status: 'not ready', reason },
          ),
        (error: unknown) => answer(503, { status: 'not ready', reason: String(error) }),
      );
  });
  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      }),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
