import { expect, it } from 'vitest';
import { preview, specFrom } from '#client';

it('the example of docs/guide/time-zones.md shows what it says', () => {
  const nightly = (dst: { gap: 'skip' | 'shift'; overlap: 'first' | 'second' | 'both' }) =>
    specFrom('default', 'nightly', {
      schedPolicyType: 'CRON',
      schedPolicyExpr: '30 2 * * *',
      timeZone: 'Europe/Paris',
      dst,
    });
  const localTimes = (spec: ReturnType<typeof nightly>, from: string) =>
    preview(spec, { count: 2, from: Date.parse(from) }).fires.map(
      ({ localTime, utcOffset }) => `${localTime} ${utcOffset}`,
    );

  // 28 March 2027: the clocks go from 02:00 to 03:00
  const spring = '2027-03-28T00:00:00Z';
  expect(localTimes(nightly({ gap: 'skip', overlap: 'both' }), spring)).toEqual([
    '2027-03-29T02:30:00 +02:00',
    '2027-03-30T02:30:00 +02:00',
  ]);
  expect(localTimes(nightly({ gap: 'shift', overlap: 'both' }), spring)[0]).toBe(
    '2027-03-28T03:00:00 +02:00',
  );

  // 31 October 2027: the clocks go from 03:00 back to 02:00
  const autumn = '2027-10-31T00:00:00Z';
  expect(localTimes(nightly({ gap: 'skip', overlap: 'both' }), autumn)).toEqual([
    '2027-10-31T02:30:00 +02:00',
    '2027-10-31T02:30:00 +01:00',
  ]);
  expect(localTimes(nightly({ gap: 'skip', overlap: 'second' }), autumn)[0]).toBe(
    '2027-10-31T02:30:00 +01:00',
  );
});
