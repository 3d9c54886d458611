import { describe, expect, it } from 'vitest';
import type { Timer } from '../api/types.ts';
import { groupsOf } from './groups.ts';

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
    expect(groups.map(({ error, timers }) => [error, timers.length])).toEqual([
      ['order 17 not found', 2],
      ['No error was told', 1],
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
