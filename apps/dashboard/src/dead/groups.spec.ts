import { describe, expect, it } from 'vitest';
import type { Timer } from '../api/types.ts';
import { attemptsAnew, groupsOf } from './groups.ts';

const dead = (key: string, error?: string, minute = 0, hookClass = 'billing'): Timer =>
  ({
    key,
    hookClass,
    givenUp: {
      attempts: 1,
      givenUpAt: `2027-03-01T09:0${minute}:00.000Z`,
      ...(error !== undefined && { error }),
    },
  }) as Timer;

describe('dead letters', () => {
  it('are put together by their error, whatever numbers and ids are in it, the most first', () => {
    const groups = groupsOf([dead('a'), dead('b', 'order 17 not found'), dead('c', 'order 4711 not found')]);
    expect(groups.map(({ title, timers }) => [title, timers.length])).toEqual([
      ['order 17 not found', 2],
      ['No error was told', 1],
    ]);
  });
  it('say of a hook class that nobody answers for what to look at, each for itself', () => {
    const groups = groupsOf([
      dead('a', 'no answer within 2s', 0, 'biling'),
      dead('b', 'no answer within 2s', 0, 'biling'),
      dead('c', 'no answer within 1m30s', 0, 'mail'),
    ]);
    expect(groups.map(({ title }) => title)).toEqual([
      'No worker answered for hook class biling within 2 s',
      'No worker answered for hook class mail within 1 m 30 s',
    ]);
    expect(groups[0]?.advice).toContain('is its name right?');
  });
  it('get their attempts anew by a redrive', () => {
    const allowed = (...counts: number[]) =>
      attemptsAnew(counts.map((maxAttempts) => ({ retry: { maxAttempts } }) as Timer));
    expect([allowed(5, 5), allowed(1), allowed(0), allowed(1, 5)]).toEqual([
      'its 5 attempts anew',
      'one attempt anew',
      'its attempts anew, without a limit',
      'its attempts anew, as many as its timer allows',
    ]);
  });
  it('tell whose they are and since when', () => {
    const [group] = groupsOf([dead('a', 'x', 5), dead('b', 'x', 3, 'mail'), dead('c', 'x', 9)]);
    expect(group).toMatchObject({
      hookClasses: ['billing', 'mail'],
      first: '2027-03-01T09:03:00.000Z',
      last: '2027-03-01T09:09:00.000Z',
    });
  });
  it('are no more once they were redriven', () => {
    expect(groupsOf([{ key: 'a' } as Timer])).toEqual([]);
  });
});
