import { expect, it } from 'vitest';
import { createKey } from './keys.js';

it.each([
  '2100-01-01',
  '2100-02-30T00:00:00Z',
  '2100-01-01T00:00:00',
  'January 2100',
  '2020-01-01T00:00:00Z',
])('a key expires at a moment to come that is the same wherever it is read, so not at %s', (expires) =>
  expect(createKey('ci', { grant: ['*:reader'], expires })).rejects.toMatchObject({
    code: 'cli/usage',
    message: expect.stringContaining('a moment to come is meant'),
  }),
);
