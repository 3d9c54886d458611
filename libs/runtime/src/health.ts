import { createServer, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.js';
import type { Service } from './service.js';

/** Null: ready. Otherwise why not, in words for a person. */
export type Readiness = () => Promise<string | null> | string | null;

export interface HealthOptions {
  /** 0: no server. */
  readonly port: number;
  readonly host: string;
  readonly ready: Readiness;
  readonly metrics?: Metrics;
  /** What any other path is answered; absent: 404. */
  readonly elsewhere?: { readonly status: number; readonly body: object };
}

const nothingElse = { status: 404, body: { error: 'try /health/live, /health/ready or /metrics' } };

/** `/health/live` answers while the process does, `/health/ready` when it can do its work, `/metrics` to Prometheus. */
export function healthServer({
  port,
  host,
  ready,
  metrics,
  elsewhere = nothingElse,
}: HealthOptions): Service {
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/health/live':
        return answer(response, 200, { status: 'ok' });
      case '/health/ready':
        return void answerReadiness(response, ready);
      case '/metrics':
        if (metrics !== undefined) return metrics.answer(request, response);
    }
    answer(response, elsewhere.status, elsewhere.body);
  });
  return {
    start: () =>
      new Promise((resolve, reject) => {
        if (port === 0) return resolve();
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

async function answerReadiness(response: ServerResponse, ready: Readiness): Promise<void> {
  try {
    const reason = await ready();
    if (reason === null) answer(response, 200, { status: 'ok' });
    else answer(response, 503, { status: 'not ready', reason });
  } catch (error) {
    answer(response, 503, { status: 'not ready', reason: String(error) });
  }
}

const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
