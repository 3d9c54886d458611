import { z } from 'zod';
import { slots } from '#timer';

const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** Variables with which a process finds its databases; to be spread into the process's own schema. */
export const databaseVariables = {
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_URLS: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(databaseUrl))
    .refine((urls) => (urls.length & (urls.length - 1)) === 0, 'their number must be a power of two')
    .optional()
    .describe(
      'in place of DATABASE_URL: several, comma-separated, that share the timers; in one order for ever',
    ),
};

interface DatabaseVariables {
  readonly DATABASE_URL?: string | undefined;
  readonly DATABASE_URLS?: readonly string[] | undefined;
}

/** What the variables must be together, for `refine` of the process's schema. */
export const namesDatabases = {
  isSo: ({
    DATABASE_URL,
    DATABASE_URLS,
    PARTITIONS,
  }: DatabaseVariables & { readonly PARTITIONS?: number }): boolean =>
    (DATABASE_URL === undefined) !== (DATABASE_URLS === undefined) &&
    (DATABASE_URLS?.length ?? 1) <= (PARTITIONS ?? slots),
  otherwise: {
    path: ['DATABASE_URL'],
    error: 'either DATABASE_URL, or DATABASE_URLS with at most PARTITIONS databases',
  },
};

/** In the order of their places. @throws if none is named */
export function databaseUrlsOf({
  DATABASE_URL,
  DATABASE_URLS,
}: DatabaseVariables): readonly [string, ...string[]] {
  const [first, ...rest] = DATABASE_URLS ?? [DATABASE_URL];
  if (first === undefined) throw new Error('set DATABASE_URL, or DATABASE_URLS');
  return [first, ...(rest as string[])];
}
