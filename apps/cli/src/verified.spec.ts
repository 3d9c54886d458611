import { expect, it } from 'vitest';
import { VerifiedDatabases } from './verified.js';

const reported = (timers: number) => async () => ({
  timers,
  events: 2 * timers,
  findings: [{ what: 'version-gap' as const, detail: `of ${timers}` }],
  isCut: timers > 3,
});
const away = new Error('timeout expired');

it('a database that is away takes nothing from what was found in the others', async () => {
  const verified = new VerifiedDatabases();
  await verified.take({ number: 0, of: 3 }, reported(3));
  await verified.take({ number: 1, of: 3 }, () => Promise.reject(away));
  await verified.take({ number: 2, of: 3 }, reported(4));
  expect(verified.failure).toBe(away);
  expect(verified.report).toEqual({
    timers: 7,
    events: 14,
    findings: [
      { what: 'version-gap', detail: 'of 3', database: 1 },
      { what: 'version-gap', detail: 'of 4', database: 3 },
    ],
    isCut: true,
  });
});
it('one database alone needs no number', async () => {
  const verified = new VerifiedDatabases();
  await verified.take({ number: 0, of: 1 }, reported(3));
  expect(verified.report.findings).toEqual([{ what: 'version-gap', detail: 'of 3' }]);
});
