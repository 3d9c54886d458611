import { describe, expect, it } from 'vitest';
import { changeOf, emptyForm, fieldOf, newTimerOf } from './form.ts';

const filled = { ...emptyForm, key: 'report', schedPolicyExpr: '0 9 * * *', timeZone: 'Europe/Paris' };

describe('what the form sends', () => {
  it('is of a new timer what was filled in', () => {
    expect(newTimerOf(filled)).toEqual({
      namespace: 'default',
      key: 'report',
      schedPolicyType: 'CRON',
      schedPolicyExpr: '0 9 * * *',
      timeZone: 'Europe/Paris',
    });
  });
  it('disables a new timer only if that is asked for', () => {
    expect(newTimerOf({ ...filled, enable: false })).toMatchObject({ enable: false });
  });
  it('is of a change what was changed, and clears what was emptied', () => {
    const before = { ...filled, jitter: '30s', gap: 'skip', overlap: 'first' };
    expect(changeOf(before, { ...before, jitter: '', overlap: 'both', tags: 'a, ,b' })).toEqual({
      jitter: null,
      dst: { overlap: 'both' },
      tags: ['a', 'b'],
    });
    expect(changeOf(before, before)).toEqual({});
  });
  it('leaves a number that is none for the server to refuse', () => {
    expect(newTimerOf({ ...filled, maxFires: 'ten' })).toMatchObject({ maxFires: 'ten' });
  });
  it('is refused beside the field that is at fault', () => {
    const paths = [
      'timer.schedPolicyExpr',
      'set.dst.gap',
      'retry.maxAttempts',
      'exclude.0',
      'spawn.openMax',
      undefined,
    ];
    expect(paths.map(fieldOf)).toEqual(['schedPolicyExpr', 'gap', 'maxAttempts', 'exclude', null, null]);
  });
});
