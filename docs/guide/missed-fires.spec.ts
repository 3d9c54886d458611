import { expect, it } from 'vitest';
import { parseInstant, preview, specFrom, type TimerInput } from '#client';

it('the example of docs/guide/missed-fires.md shows what it says', () => {
  const hourly = (missed: TimerInput['missed']) =>
    specFrom('default', 'sync', {
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      startAt: parseInstant('2026-11-25T00:00:00Z'),
      ...(missed !== undefined && { missed }),
    });
  // made at half past three: the ticks at 00:00, 01:00, 02:00 and 03:00 lie before the timer's creation
  const from = Date.parse('2026-11-25T03:30:00Z');
  const ticks = (missed: TimerInput['missed']) =>
    preview(hourly(missed), { count: 2, from }).fires.map(({ localTime }) => localTime.slice(11, 16));

  expect(ticks({ policy: 'latest' })).toEqual(['03:00', '04:00']);
  expect(ticks({ createdLate: { policy: 'all' } })).toEqual(['00:00', '01:00']);
  expect(ticks({ createdLate: { policy: 'all', max: 1 } })).toEqual(['03:00', '04:00']);
  expect(ticks({ createdLate: { policy: 'skip' } })).toEqual(['04:00', '05:00']);
});
