import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { eventTypePrefix } from '#contract';
import type { InRecord } from '#kafka';
import { lifeLine } from './life.js';

const line = (type: string, facts: object): string | null => {
  const value = Buffer.from(JSON.stringify({ at: '2026-11-26T09:00:00.000Z', ...facts }));
  const headers = { ce_type: `${eventTypePrefix}${type}` };
  const told = lifeLine({ key: 'demo/re\u001b[2Jport', value, headers } as unknown as InRecord);
  return told === null ? null : stripVTControlCharacters(told);
};

it('a line of the life of a timer shows control characters of its key and of an error', () => {
  expect(line('EventGivenUp', { attempt: 3, error: 'no\u009b2J ink\u202e' })).toBe(
    '  09:00:00.000  re\\u001b[2Jport        given up    after 3 attempts: no\\u009b2J ink\\u202e',
  );
  expect(line('EventExtended', {})).toBeNull();
});
