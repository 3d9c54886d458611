import { describe, expect, it } from 'vitest';
import type { EpochMs } from '#timer';
import { supposedChange, supposedTimer } from './supposed.js';

const now = Date.UTC(2027, 0, 1) as EpochMs;
const hourly = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h' };

describe('a timer that is only thought of', () => {
  it('is what a create would make, defaults and all', () => {
    const made = supposedTimer({ ...hourly, key: 'k', tags: ['a'] }, now);
    expect(made).toMatchObject({ ok: true, value: { version: 1, spec: { namespace: 'default', key: 'k' } } });
  });
  it('is refused in the words of its command, whether it cannot be read or not be', () => {
    expect(supposedTimer({ ...hourly, colour: 'red' }, now)).toMatchObject({
      ok: false,
      rejection: { code: 'invalid-command', field: 'timer.colour' },
    });
    expect(supposedTimer({ ...hourly, timeZone: 'Europe/Nowhere' }, now)).toMatchObject({
      ok: false,
      rejection: { code: 'invalid-spec', field: 'timeZone' },
    });
  });
});
it('a change that is only thought of is what an update would set', () => {
  expect(supposedChange({ tags: ['b'], jitter: null })).toEqual({
    ok: true,
    value: { tags: ['b'], jitter: null },
  });
  expect(supposedChange({ colour: 'red' })).toMatchObject({ ok: false });
});
