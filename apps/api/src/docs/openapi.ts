import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import {
  batchAnswer,
  batchRequest,
  bulkAnswer,
  bulkList,
  bulkPreview,
  bulkRequest,
  countRequest,
  createRequest,
  installationAnswer,
  listQuery,
  previewAnswer,
  previewRequest,
  queryRequest,
  receiptQuery,
  receiptSchema,
  timerCount,
  timerPage,
  watchMessage,
  watchNotice,
  watchQuery,
} from '#contract';
import { command, json, problems } from './operations.js';
import { timerPathsOf } from './timer-paths.js';

const byId = z.object({ timerId: z.guid() });
const byName = z.object({ namespace: z.string(), key: z.string().describe('percent-encoded') });

const collection: ZodOpenApiPathsObject = {
  '/v1/timers': {
    get: {
      summary: 'Timers, page by page',
      tags: ['timers'],
      requestParams: { query: listQuery },
      responses: {
        '200': { description: 'a page', content: json(timerPage) },
        ...problems(['bad-request', 'invalid-cursor']),
      },
    },
    post: command('CreateTimer', 'Make a timer', { requestBody: { content: json(createRequest) } }, true),
  },
  '/v1/timers/batch': {
    post: {
      summary: 'Make many timers, each by itself',
      tags: ['commands'],
      requestBody: { content: json(batchRequest) },
      responses: {
        '207': { description: 'outcomes in the order given', content: json(batchAnswer) },
        ...problems(['bad-request', 'too-large']),
      },
    },
  },
  '/v1/timers/query': {
    post: {
      summary: 'Timers by a condition of any depth',
      tags: ['timers'],
      requestBody: { content: json(queryRequest) },
      responses: {
        '200': { description: 'a page', content: json(timerPage) },
        ...problems(['bad-request', 'invalid-condition', 'invalid-cursor']),
      },
    },
  },
  '/v1/timers/count': {
    post: {
      summary: 'How many timers a condition means',
      tags: ['timers'],
      requestBody: { content: json(countRequest) },
      responses: {
        '200': { description: 'the count', content: json(timerCount) },
        ...problems(['bad-request', 'invalid-condition']),
      },
    },
  },
};

const others: ZodOpenApiPathsObject = {
  '/v1/preview': {
    post: {
      summary: 'What a timer, or a change of one, would do; nothing is changed',
      tags: ['schedule'],
      requestBody: { content: json(previewRequest) },
      responses: {
        '200': {
          description: 'the fires to come, and what a change would make of them',
          content: json(previewAnswer),
        },
        ...problems(['bad-request', 'unreadable', 'invalid-spec', 'invalid-command', 'timer-not-exist']),
      },
    },
  },
  '/v1/commands/{commandId}': {
    get: {
      summary: 'What became of a command',
      tags: ['commands'],
      requestParams: { path: z.object({ commandId: z.guid() }), query: receiptQuery },
      responses: {
        '200': { description: 'the receipt', content: json(receiptSchema) },
        ...problems(['bad-request', 'command-not-found']),
      },
    },
  },
  '/v1/bulk': {
    post: {
      summary: 'Do one thing to all timers of a condition',
      tags: ['bulk'],
      requestBody: { content: json(bulkRequest) },
      responses: {
        '200': { description: 'with `dryRun`: what it would do', content: json(bulkPreview) },
        '202': {
          description: 'begun; `Location` tells how far it has come',
          headers: { Location: { schema: { type: 'string' } } },
          content: json(bulkAnswer),
        },
        ...problems(['bad-request', 'invalid-condition']),
      },
    },
    get: {
      summary: 'The latest bulks',
      tags: ['bulk'],
      responses: { '200': { description: 'the latest first', content: json(bulkList) }, ...problems([]) },
    },
  },
  '/v1/bulk/{bulkId}': {
    get: {
      summary: 'How far a bulk has come',
      tags: ['bulk'],
      requestParams: { path: z.object({ bulkId: z.guid() }) },
      responses: {
        '200': { description: 'as it is now', content: json(bulkAnswer) },
        ...problems(['bulk-not-found']),
      },
    },
    delete: {
      summary: 'Take up no further timer; what was done stays done',
      tags: ['bulk'],
      requestParams: { path: z.object({ bulkId: z.guid() }) },
      responses: {
        '200': { description: 'as it is then', content: json(bulkAnswer) },
        ...problems(['bulk-not-found']),
      },
    },
  },
  '/v1/installation': {
    get: {
      summary: 'How the installation fares: partitions with their owners, hook classes with what is open',
      tags: ['installation'],
      responses: {
        '200': { description: 'at most a few seconds old', content: json(installationAnswer) },
        ...problems([]),
      },
    },
  },
  '/v1/watch': {
    get: {
      summary: 'What becomes of timers, as it happens (server-sent events)',
      description:
        'Events `create`, `update`, `delete` and `event` carry a `WatchMessage`; `ready`, `dropped` and `bye` a `WatchNotice`. ' +
        'Come again with the last `id` as `Last-Event-ID`, and nothing is lost.',
      tags: ['watch'],
      requestParams: {
        query: watchQuery,
        header: z.object({ 'Last-Event-ID': z.string().optional().describe('where to go on') }),
      },
      responses: {
        '200': {
          description: 'a stream that does not end by itself',
          content: { 'text/event-stream': { schema: z.union([watchMessage, watchNotice]) } },
        },
        ...problems([
          'bad-request',
          'invalid-condition',
          'invalid-position',
          'history-expired',
          'too-many-watchers',
          'draining',
        ]),
      },
    },
  },
};

/** The whole surface as OpenAPI 3.1, from the schemas that the routes read by. */
export const openApiDocument = (): ReturnType<typeof createDocument> =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Carillon',
      version: '1',
      description:
        'Durable timers: commands, queries and watch. Commands are the same as over Kafka, and refused in the same words.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'this process' }],
    security: [{ bearer: [] }],
    tags: ['timers', 'commands', 'history', 'schedule', 'watch', 'bulk', 'installation'].map((name) => ({
      name,
    })),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'an API key (`carillon_…`) or a token of the issuer; in development none is needed',
        },
      },
    },
    paths: {
      ...collection,
      ...timerPathsOf('/v1/timers/{timerId}', byId),
      ...timerPathsOf('/v1/namespaces/{namespace}/timers/{key}', byName),
      ...others,
    },
  });
