import { describe, expect, it } from 'vitest';
import { addressOf, conditionOf, searchOf } from './search.ts';

describe('a search', () => {
  it('stands in the address, and comes back from it', () => {
    const query = 'keyPrefix=a%26b&tags=x%2C+y&status=open&status=paused&enable=false&order=key';
    const search = searchOf(new URLSearchParams(query));
    expect(searchOf(new URLSearchParams(addressOf(search).split('?')[1]))).toEqual(search);
    expect(conditionOf(search)).toEqual({
      keyPrefix: 'a&b',
      tags: ['x', 'y'],
      status: ['open', 'paused'],
      enable: false,
    });
  });
  it('asks for all if nothing is filled in, and passes over what no field knows', () => {
    expect(conditionOf(searchOf(new URLSearchParams('status=lost&order=size&enable=perhaps')))).toEqual({});
  });
});
