import { describe, expect, it } from 'vitest';
import type { TimerCondition } from '#timer';
import { requiredTags, withoutRequiredTags } from './tag-share.js';

describe('tags that every match has', () => {
  it('are those of the condition and of all that are joined to it', () => {
    expect(requiredTags({ tags: ['a', 'b'], and: [{ tags: ['b'] }, { and: [{ tags: ['c'] }] }] })).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(requiredTags({ or: [{ tags: ['a'] }], not: { tags: ['b'] } })).toEqual([]);
    expect(requiredTags({ tags: ['a', '\0'] })).toEqual([]);
  });

  it('leave the rest of the condition when they are taken out', () => {
    const condition: TimerCondition = {
      key: 'k',
      tags: ['a'],
      and: [{ tags: ['b'], enable: true }],
      or: [{ tags: ['c'] }],
    };
    expect(withoutRequiredTags(condition)).toEqual({
      key: 'k',
      and: [{ enable: true }],
      or: [{ tags: ['c'] }],
    });
  });
});
