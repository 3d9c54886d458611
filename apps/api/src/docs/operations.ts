import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import {
  type CommandType,
  errorCodes,
  type HttpProblemCode,
  httpProblems,
  type ProblemCode,
  problemMediaType,
  problemSchema,
  receiptSchema,
  rejectionStatus,
  timerRecordSchema,
} from '#contract';
import { rejectionCodes } from '#timer';

// Parts that the operations of the document have in common.

export const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

/** Whatever route it is: who asks, and a fault of ours. */
const everywhere: readonly HttpProblemCode[] = ['unauthenticated', 'forbidden', 'not-ready', 'internal'];

const statusOf = (code: ProblemCode): number =>
  code in httpProblems
    ? httpProblems[code as HttpProblemCode].status
    : rejectionStatus[code as keyof typeof rejectionStatus];
const meaningOf = (code: ProblemCode): string =>
  code in httpProblems
    ? httpProblems[code as HttpProblemCode].title
    : errorCodes[code as keyof typeof errorCodes].means;

const retryAfter = {
  'Retry-After': { schema: z.string(), description: 'seconds; absent where waiting alone does not help' },
} as const;

/** Problems of a route by their status, each code with its meaning. */
export function problems(codes: readonly ProblemCode[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy([...codes, ...everywhere], statusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      String(status),
      {
        ...(status === 429 && { headers: retryAfter }),
        description: [...new Set(some)].map((code) => `\`${code}\`: ${meaningOf(code)}`).join('\n\n'),
        content: { [problemMediaType]: { schema: problemSchema } },
      },
    ]),
  ) as ZodOpenApiResponsesObject;
}

/** What may refuse a command, by the table that Kafka's clients have too. */
export const problemsOf = (type: CommandType): ProblemCode[] => [
  ...rejectionCodes.filter((code) => errorCodes[code].commands.includes(type)),
  'bad-request',
  'timeout',
];

const etag = { ETag: { schema: z.string(), description: 'the version, quoted: `"3"`' } } as const;
export const timerAnswer = (description: string) => ({
  description,
  headers: etag,
  content: json(timerRecordSchema),
});

const commandHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .optional()
    .describe('any text of your own: the same again, for the same timer, gets the first outcome again'),
  'If-Match': z.string().optional().describe('an ETag: refuse (412) unless the timer is at this version'),
  Prefer: z
    .string()
    .optional()
    .describe(
      '`respond-async`: 202 with a receipt as soon as Kafka has the command; `wait=5`: seconds to wait',
    ),
  'X-Carillon-Actor': z
    .string()
    .optional()
    .describe('who asks, for the history; what you are known as comes first'),
});

/** An operation that is a command: its headers, its outcome or a receipt, and everything that may refuse it. */
export const command = (
  type: CommandType,
  summary: string,
  more: Pick<ZodOpenApiOperationObject, 'requestBody' | 'requestParams'>,
  created = false,
): ZodOpenApiOperationObject => ({
  summary,
  tags: ['commands'],
  ...more,
  requestParams: { ...more.requestParams, header: commandHeaders },
  responses: {
    [created ? '201' : '200']: timerAnswer('applied: the timer as it is after it'),
    '202': {
      description: 'taken over, with `respond-async`; `Location` is its receipt',
      headers: { Location: { schema: { type: 'string' } } },
      content: json(receiptSchema),
    },
    ...problems(problemsOf(type)),
  } as ZodOpenApiResponsesObject,
});
