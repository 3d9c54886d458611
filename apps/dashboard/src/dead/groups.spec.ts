import { describe, expect, it } from 'vitest';
import type { Timer } from '../api/types.ts';
import { groupsOf } from './groups.ts';

const dead = (key: string, error?: string): Timer =>
  ({ key, givenUp: { attempts: 1, ...(error !== undefined && { error }) } }) as Timer;

describe('dead letters', () => {
  it('are put together by their error, whatever numbers and ids are in it, the most first', () => {
    const groups = groupsOf([dead('a'), dead('b', 'order 17 not found'), dead('c', 'order 4711 not found')]);
    expect(groups.map(({ error, timers }) => [error, timers.length])).toEqual([
      ['order 17 not found', 2],
      ['No error was told', 1],
    ]);
  });
});
