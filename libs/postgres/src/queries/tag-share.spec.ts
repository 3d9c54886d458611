import { describe, expect, it } from 'vitest';
import type { TimerCondition } from '#timer';
import { asksForTagsAlone, readTagShare, requiredTags, withoutRequiredTags } from './tag-share.js';

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

describe('what a sample says', () => {
  const share = (...row: number[]) => readTagShare({ rows: async () => [row] }, ['t'], null);

  it('is how many timers have the tags', async () => {
    expect(await share(1_024, 256, 128, 4)).toEqual({ share: 0.25, size: 'many', isFar: false });
    expect(await share(1_024, 25, 20, 60)).toMatchObject({ size: 'middling' });
    expect(await share(1_024, 4, 4, 200)).toMatchObject({ size: 'few' });
    expect(await share(1_024, 0, 0, 1_024)).toEqual({ share: 0, size: 'rare', isFar: false });
    // a cluster: nothing says that there is another
    expect(await share(1_024, 8, 1, 500)).toMatchObject({ size: 'rare' });
    expect(await share(0, 0, 0, 0)).toEqual({ share: 0, size: 'rare', isFar: false });
  });

  it('is that they begin far from here, where chance does not explain it', async () => {
    expect(await share(1_000, 50, 7, 950)).toMatchObject({ isFar: true });
    // one gap of half the timers is nothing unusual where three places have all there are
    expect(await share(1_000, 20, 3, 500)).toMatchObject({ isFar: false });
    expect(await share(1_000, 20, 7, 500)).toMatchObject({ isFar: true });
  });

  it('is not that they begin far from here where more timers have them than lie before', async () => {
    expect(await share(1_000, 600, 76, 400)).toMatchObject({ isFar: false });
    expect(await share(1_000, 400, 51, 600)).toMatchObject({ isFar: true });
  });
});

describe('conditions on tags alone', () => {
  it('say nothing else at any depth that is joined', () => {
    expect(asksForTagsAlone({ tags: ['a'], and: [{ tags: ['b'] }, {}] })).toBe(true);
    expect(asksForTagsAlone({ tags: ['a'], enable: true })).toBe(false);
    expect(asksForTagsAlone({ tags: ['a'], and: [{ not: { tags: ['b'] } }] })).toBe(false);
  });
});
