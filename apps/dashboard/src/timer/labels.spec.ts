import { describe, expect, it } from 'vitest';
import type { Timer } from '../api/types.ts';
import { afterVerdict, nextName } from './labels.ts';

const timer = (status: string, attempt: number | undefined, maxAttempts: number) =>
  ({ status, attempt, retry: { maxAttempts } }) as unknown as Timer;

describe('the moment that comes next', () => {
  it.each([
    ['waiting', undefined, 19, 'Next'],
    ['open', 1, 19, 'Sent again, unless closed before'],
    ['open', 19, 19, 'Sent again or given up, unless closed before'],
    ['open', 400, 0, 'Sent again, unless closed before'],
  ])('of a timer that is %s, at attempt %s of %s: %s', (status, attempt, maxAttempts, name) => {
    expect(nextName(timer(status, attempt, maxAttempts))).toBe(name);
  });
});

it('a finding does not say its verdict twice', () => {
  expect(afterVerdict('fired', 'fired for 09:00 at 09:00')).toBe('for 09:00 at 09:00');
  expect(afterVerdict('not-fired', 'did not fire at 09:00')).toBe('did not fire at 09:00');
});
