import { describe, expect, it } from 'vitest';
import type { TimerRecord } from '#contract';
import { UsageError } from '../errors/exit-codes.js';
import { declared } from './declared.js';
import { exported } from './export.js';
import { readManifest } from './manifest.js';
import { planOf, setOf } from './plan.js';
import { planLines } from './plan-lines.js';

const now = Date.UTC(2026, 10, 25);
const file = (tail: string, head = 'owner: billing'): string => `${head}\ntimers:\n${tail}`;
const report = `  - key: report
    schedPolicyType: CRON
    schedPolicyExpr: 0 9 * * 1-5
    timeZone: Europe/Paris
    retry: { maxAttempts: 3 }
`;

/** The timers as the file would have made them. */
const applied = (text: string): TimerRecord[] => readManifest(text, now).timers.map(({ record }) => record);

describe('a plan', () => {
  it('creates what is absent, and is empty once that was done', () => {
    const manifest = readManifest(file(report), now);
    expect(planOf(manifest, { named: [], owned: [] }).steps).toEqual([
      expect.objectContaining({ do: 'create', namespace: 'default', key: 'report' }),
    ]);
    const named = applied(file(report));
    expect(planOf(manifest, { named, owned: named })).toEqual({
      steps: [],
      same: 1,
      conflicts: [],
      fixed: [],
    });
  });
  it('shows each field that differs, and gives back its standard to what the file leaves out', () => {
    const before = applied(file(`${report}    endAt: 2027-01-01T00:00:00Z\n    exclude: [2026-12-25]\n`));
    const plan = planOf(readManifest(file(report.replace('0 9', '0 10')), now), { named: before, owned: [] });
    const [step] = plan.steps;
    if (step?.do !== 'update') throw new Error('an update is meant');
    expect(step.version).toBe(1);
    expect(setOf(step.changes)).toEqual({
      schedPolicyExpr: '0 10 * * 1-5',
      endAt: null,
      exclude: [],
    });
    expect(planLines(plan)).toContain('    schedPolicyExpr: "0 9 * * 1-5" → "0 10 * * 1-5"');
  });
  it('deletes what its owner no longer has, and nobody else', () => {
    const owned = applied(file(report));
    expect(planOf(readManifest('owner: billing\ntimers: []', now), { named: [], owned }).steps).toEqual([
      { do: 'delete', namespace: 'default', key: 'report', version: 1 },
    ]);
  });
  it("leaves another owner's timer alone, and says whose it is", () => {
    const named = applied(file(report, 'owner: shipping'));
    const plan = planOf(readManifest(file(report), now), { named, owned: [] });
    expect(plan).toMatchObject({ steps: [], conflicts: [{ key: 'report', owner: 'shipping' }] });
  });
  it.each([
    ['hookClass', 'hookClass: billing', 'hookClass: invoicing'],
    ['data', "data: '1'", "data: '2'"],
    ['data', "data: '1'", 'tags: [a]'],
    ['dataEncoding', 'data: AAE=', 'data: AAE=\n    dataEncoding: base64'],
  ])('says that %s is fixed, and sends no update that would be refused', (field, before, after) => {
    const named = applied(file(`${report}    ${before}\n`));
    const wanted = file(`${report.replace('0 9', '0 10')}    ${after}\n`);
    const plan = planOf(readManifest(wanted, now), { named, owned: [] });
    expect(plan).toMatchObject({ steps: [], conflicts: [], fixed: [{ key: 'report', fields: [field] }] });
    expect(planLines(plan).join('\n')).toContain(`default/report is fixed in ${field}: delete it`);
  });
  it('does what else the file says beside a timer that is fixed', () => {
    const named = applied(file(`${report}    hookClass: billing\n`));
    const other = report.replace('key: report', 'key: other');
    const plan = planOf(readManifest(file(`${report}    hookClass: invoicing\n${other}`), now), {
      named,
      owned: named,
    });
    expect(plan).toMatchObject({ steps: [{ do: 'create', key: 'other' }], conflicts: [], same: 0 });
    expect(plan.fixed).toHaveLength(1);
  });
  it('advises nobody to replace what a client may have sealed by what a file has in the clear', () => {
    const named = applied(file(`${report}    data: AAE=\n    dataEncoding: base64\n`));
    const plan = planOf(readManifest(file(`${report}    data: hush\n`), now), { named, owned: [] });
    const told = planLines(plan).join('\n');
    expect(told).toContain('default/report is fixed in data, dataEncoding');
    expect(told).toContain('carillon export');
    expect(told).not.toContain('delete it');
  });
});

describe('a file', () => {
  it('is refused whole, with every problem at once', () => {
    const text = file(
      `${report}${report}  - key: odd\n    schedPolicyType: CRON\n    schedPolicyExpr: soon\n  - key: lived\n    schedPolicyType: ONCE\n    schedPolicyExpr: 1s\n    watermark: 2026-01-01T00:00:00Z\n`,
    );
    const read = () => readManifest(text, now);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(/default\/odd: schedPolicyExpr/);
    expect(read).toThrow(/default\/report: stands there more than once/);
    expect(read).toThrow(/default\/lived: watermark/);
  });
  it('may be several documents, each with a namespace of its own', () => {
    const text = `namespace: a\n${file(report, 'owner: x')}---\nnamespace: b\n${file(report, 'owner: x')}`;
    expect(readManifest(text, now).timers.map(({ namespace }) => namespace)).toEqual(['a', 'b']);
  });
  it('that is no file of timers is refused', () =>
    expect(() => readManifest('- a\n- b\n', now)).toThrow(UsageError));
});

it('an export, applied, changes nothing', () => {
  const rich = `${report}    jitter: 5m\n    tags: [a]\n    missed: { policy: skip }\n    data: AAE=\n    dataEncoding: base64\n`;
  const records = applied(file(rich));
  const text = exported(records, 'billing', now);
  expect(text).not.toContain('ackTimeout');
  expect(planOf(readManifest(text, now), { named: records, owned: records })).toEqual({
    steps: [],
    same: 1,
    conflicts: [],
    fixed: [],
  });
});
it('what a create would make is decided without a server, and refused by its field', () =>
  expect(
    declared('n', 'k', { schedPolicyType: 'ONCE', schedPolicyExpr: '1s', timeZone: 'Mars/Base' }, now),
  ).toMatchObject({
    ok: false,
    field: 'timeZone',
  }));
