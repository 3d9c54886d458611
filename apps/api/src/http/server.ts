import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { nestLog } from '#runtime';
import { ApiModule, type ApiParts } from '../api.module.js';
import { serveDashboard } from '../dashboard/serve-dashboard.js';
import { serveDocsPage } from '../docs/docs-page.js';
import type { ApiMetrics } from '../metrics.js';
import { type Authenticator, identify } from './access.js';
import { problem, refusal } from './problem-error.js';

/** Characters of one path parameter: a key of 256 characters, each percent-encoded as four bytes. */
const paramLengthMax = 4_096;
/** Who sends its headers slower than this has no use for a connection, ms. */
const headersMaxMs = 10_000;
/** How often Node looks for requests that take too long, ms. */
const lateLookedForEveryMs = 5_000;

/** The HTTP server with everything that is not a route: bodies, headers, problems of its own. */
export async function createServer(parts: ApiParts): Promise<NestFastifyApplication> {
  const { BODY_BYTES_MAX, CORS_ORIGINS, REQUEST_TIMEOUT_MS } = parts.config;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: paramLengthMax, ignoreTrailingSlash: true },
    // what was begun is answered; streams are ended by the hub before this
    forceCloseConnections: 'idle',
    // Fastify's own default takes Node's away. A stream is an answer: it may last
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: Math.min(headersMaxMs, REQUEST_TIMEOUT_MS),
      connectionsCheckingInterval: Math.min(lateLookedForEveryMs, REQUEST_TIMEOUT_MS),
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.wire(parts), adapter, {
    logger: nestLog(parts.logger),
    abortOnError: false,
    bodyParser: false,
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        // of the page to try it, which styles its parts one by one
        styleSrc: ["'self'", "'unsafe-inline'"],
        upgradeInsecureRequests: null,
      },
    },
  });
  if (CORS_ORIGINS.length > 0)
    await app.register(cors, {
      origin: CORS_ORIGINS.includes('*') ? '*' : [...CORS_ORIGINS],
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['etag', 'location', 'preference-applied', 'carillon-command-id'],
    });
  authenticateFirst(adapter, parts.authenticator);
  readJson(adapter);
  measure(adapter, parts.metrics);
  await serveDocsPage(app);
  await serveDashboard(app);
  return app;
}

/** A body is read when it is known whose it is: guards run too late for that. Requests that have none are left to the guard. */
function authenticateFirst(adapter: FastifyAdapter, authenticator: Authenticator): void {
  adapter.getInstance().addHook('onRequest', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') await identify(request, authenticator);
  });
}

/** A stream lasts as long as its reader likes: its time would say nothing. */
function measure(adapter: FastifyAdapter, metrics: ApiMetrics): void {
  adapter.getInstance().addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream'))
      metrics.answered({
        method,
        route: routeOptions.url ?? 'none',
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1_000,
      });
    done();
  });
}

/** A body is JSON, an empty one is none, and what cannot be read is refused as a record of Kafka would be. */
function readJson(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  const parse = (
    _request: FastifyRequest,
    body: string,
    done: (error: Error | null, body?: unknown) => void,
  ) => {
    if (body.trim() === '') return done(null, undefined);
    try {
      done(null, JSON.parse(body));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      done(refusal({ code: 'unreadable', message: `the body is not JSON: ${reason}` }));
    }
  };
  fastify.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    parse,
  );
  fastify.addContentTypeParser(
    '*',
    (_request: FastifyRequest, payload: NodeJS.ReadableStream, done: (error: Error | null) => void) => {
      payload.resume();
      done(problem('unsupported-media-type', 'send a JSON body as application/json'));
    },
  );
}
