import { z } from 'zod';

/** Of an HTTP server; what serves people has a port by default, what is only looked after has none. */
export const httpVariables = (defaultPort: number, portMeans: string) => ({
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(defaultPort).describe(portMeans),
  HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('0.0.0.0: whoever can reach this machine'),
});

/** What every process of an installation is told. */
export const processVariables = {
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
};

/** Of whoever may be the first to make the log of a new database, and topics. */
export const partitionsVariable = {
  PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .refine((count) => (count & (count - 1)) === 0, 'a power of two: 1, 2, 4, … 256')
    .default(8)
    .describe(
      'of the log of a new database, and of topics made here: a power of two; a log that is there keeps its own',
    ),
};
