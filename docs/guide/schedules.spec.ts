import { expect, it } from 'vitest';
import { preview, specFrom } from '#client';

it('the example of docs/guide/schedules.md shows what it says', () => {
  const spec = specFrom('default', 'report', {
    schedPolicyType: 'CRON',
    schedPolicyExpr: '0 9 * * MON-FRI',
    timeZone: 'Europe/Paris',
    exclude: ['2026-12-25', '2026-12-31/2027-01-01'],
    maxFires: 100,
  });
  const from = Date.parse('2026-12-23T12:00:00Z');
  const { fires } = preview(spec, { count: 3, from });
  const lines = fires.map(({ why }) => why);
  expect(lines).toEqual([
    '2026-12-24 09:00:00 Europe/Paris (+01:00)',
    '2026-12-28 09:00:00 Europe/Paris (+01:00); before it, 2026-12-25 09:00:00 does not fire: excluded',
    '2026-12-29 09:00:00 Europe/Paris (+01:00)',
  ]);
});
