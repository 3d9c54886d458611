import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { databaseUrlsOf, databaseVariables, namesDatabases } from './environment.js';

const schema = z
  .object({ ...databaseVariables, PARTITIONS: z.coerce.number().default(8) })
  .refine(namesDatabases.isSo, namesDatabases.otherwise);
const [a, b, c] = ['a', 'b', 'c'].map((host) => `postgresql://u:p@${host}/carillon`) as [
  string,
  string,
  string,
];

describe('which databases hold the timers', () => {
  it.each([
    ['one', { DATABASE_URL: a }, [a]],
    ['several', { DATABASE_URLS: `${a}, ${b}` }, [a, b]],
    ['a list of one', { DATABASE_URLS: a }, [a]],
  ])('is read: %s', (_, env, urls) => {
    expect(databaseUrlsOf(schema.parse(env))).toEqual(urls);
  });

  it.each([
    ['none', {}],
    ['both', { DATABASE_URL: a, DATABASE_URLS: `${a},${b}` }],
    ['three', { DATABASE_URLS: `${a},${b},${c}` }],
    ['more than there are partitions', { DATABASE_URLS: `${a},${b}`, PARTITIONS: '1' }],
    ['an address that is none', { DATABASE_URLS: `${a},mysql://b/c` }],
    ['an empty list', { DATABASE_URLS: '' }],
  ])('is refused: %s', (_, env) => {
    expect(schema.safeParse(env).success).toBe(false);
  });
});
