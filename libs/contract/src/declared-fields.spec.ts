import { expect, it } from 'vitest';
import { declaredFields, declaredOf } from './declared-fields.js';
import { timerInput } from './timer-input.js';

it('the fields that an owner decides are all that a new timer takes, but for where it stands', () => {
  const standing = ['watermark', 'summaryData', 'summaryDataEncoding'];
  expect([...declaredFields, ...standing].sort()).toEqual(Object.keys(timerInput.shape).sort());
});
it('of a timer they make the same one again', () => {
  const timer = { id: 'x', namespace: 'n', key: 'k', version: 3, schedPolicyType: 'CRON', enable: false };
  expect(declaredOf(timer)).toEqual({ namespace: 'n', key: 'k', schedPolicyType: 'CRON', enable: false });
});
