import { expect, it } from 'vitest';
import { UsageError } from '../errors/exit-codes.js';
import { fieldsOf } from './input.js';

it('reads one schedule, fields and --set, the last word winning', () =>
  expect(
    fieldsOf({
      cron: '0 9 * * *',
      timeZone: 'Europe/Paris',
      tag: ['a'],
      maxFires: '3',
      set: ['jitter=5s', 'enable=false', 'timeZone="UTC"'],
    }),
  ).toEqual({
    schedPolicyType: 'CRON',
    schedPolicyExpr: '0 9 * * *',
    timeZone: 'UTC',
    tags: ['a'],
    maxFires: 3,
    jitter: '5s',
    enable: false,
  }));
it('refuses two schedules, and a --set without a value', () => {
  expect(() => fieldsOf({ cron: '* * * * *', interval: '5s' })).toThrow(UsageError);
  expect(() => fieldsOf({ set: ['enable'] })).toThrow('field=value');
});
it('clears with null', () => expect(fieldsOf({ set: ['endAt=null'] })).toEqual({ endAt: null }));
