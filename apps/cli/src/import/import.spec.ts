import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readManifest } from '../apply/manifest.js';
import { UsageError } from '../errors/exit-codes.js';
import { fromCrontab, withoutSevens } from './crontab.js';
import { importPgBoss } from './import.js';
import { manifestOf, withOwnKeys } from './imported.js';
import { fromCronJobs } from './k8s-cronjobs.js';
import { fromPgBoss } from './pg-boss.js';

const now = Date.UTC(2026, 10, 25);
const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const dataOf = ({ fields }: { readonly fields: Readonly<Record<string, unknown>> }): unknown =>
  JSON.parse(String(fields.data));

describe('crontab', () => {
  const options = { name: 'cron', hasUsers: true, hookClass: 'shell', timeZone: 'UTC' };

  it("brings a Debian package's file over, its users with it", () => {
    const { candidates, leftOut, yaml } = manifestOf(
      fromCrontab(fixture('debian-e2scrub_all'), options),
      now,
    );
    expect(leftOut).toEqual([]);
    expect(candidates.map(({ fields }) => fields.schedPolicyExpr)).toEqual(['30 3 * * 0', '10 3 * * *']);
    expect(candidates.map(({ key }) => key)).toEqual(['cron-test', 'cron-test-2']);
    expect(candidates.map(dataOf)).toEqual([
      { user: 'root', command: expect.stringMatching(/^test -e .*e2scrub_all_cron$/) },
      { user: 'root', command: expect.stringMatching(/e2scrub_all -A -r$/) },
    ]);
    expect(readManifest(yaml, now).timers).toHaveLength(2);
  });
  it("brings a person's own over: zone, variables, input, Sunday as 7; and says what it cannot", () => {
    const { candidates, leftOut } = manifestOf(
      fromCrontab(fixture('user-crontab'), { ...options, hasUsers: false }),
      now,
    );
    expect(candidates.map(({ fields }) => [fields.schedPolicyExpr, fields.timeZone])).toEqual([
      ['@daily', 'Europe/Berlin'],
      ['15 6 * * 0,1,3,5', 'Europe/Berlin'],
      ['0 8 * * 0,5,6', 'Europe/Berlin'],
    ]);
    expect(candidates.map(dataOf)[2]).toEqual({
      command: 'mail -s hello ada',
      input: 'Dear Ada,\ngood morning',
      env: { SHELL: '/bin/bash' },
    });
    expect(leftOut).toHaveLength(3);
    expect(leftOut.join('\n')).toMatch(/line 7: @reboot[\s\S]*line 9: not a line of cron[\s\S]*cron-never/);
  });
  it('knows Sunday by both its numbers', () => {
    expect(withoutSevens('0 0 * * 7')).toBe('0 0 * * 0');
    expect(withoutSevens('0 0 * * 1-5')).toBe('0 0 * * 1-5');
    expect(withoutSevens('0 0 * * mon,7')).toBe('0 0 * * mon,0');
  });
});

describe('CronJobs', () => {
  it('come over with zone, suspension, deadline and template, also from a List', () => {
    const { candidates, remarks, leftOut } = manifestOf(fromCronJobs(fixture('cronjobs.yaml'), 'k8s'), now);
    expect(candidates).toEqual([
      {
        namespace: 'billing',
        key: 'nightly-export',
        fields: expect.objectContaining({
          schedPolicyExpr: '30 2 * * *',
          timeZone: 'Etc/UTC',
          missed: { serviceDown: { policy: 'latest', within: '600s' } },
        }),
      },
      { key: 'sweep', fields: expect.objectContaining({ enable: false, timeZone: 'UTC' }) },
    ]);
    expect(dataOf(candidates[0] ?? { fields: {} })).toHaveProperty(
      'jobTemplate.spec.template.spec.containers',
    );
    expect(remarks.join('\n')).toMatch(/sweep: its runs may overlap[\s\S]*sweep: names no timeZone/);
    expect(leftOut.join('\n')).toMatch(
      /latest-wins: concurrencyPolicy Replace[\s\S]*a ConfigMap is no CronJob/,
    );
  });
});

describe('pg-boss', () => {
  it('comes over by its schedule table: queue, zone, data, retries', () => {
    const rows = [
      {
        name: 'mail',
        key: '',
        cron: '0 9 * * *',
        timezone: 'Europe/Paris',
        data: { to: 'ada' },
        options: { retryLimit: 2, retryDelay: 5, retryBackoff: true, expireInSeconds: 60, priority: 3 },
      },
      { name: 'mail', key: 'late', cron: '0 21 * * *', timezone: null, data: null, options: null },
      { name: 'broken', cron: 5 },
    ];
    const { candidates, remarks, leftOut } = manifestOf(fromPgBoss(rows), now);
    expect(candidates).toEqual([
      {
        key: 'mail',
        fields: {
          schedPolicyType: 'CRON',
          schedPolicyExpr: '0 9 * * *',
          timeZone: 'Europe/Paris',
          hookClass: 'mail',
          data: '{"to":"ada"}',
          retry: { maxAttempts: 3, backoff: 'exponential', min: '5s' },
          ackTimeout: '60s',
        },
      },
      { key: 'mail/late', fields: expect.objectContaining({ timeZone: 'UTC', hookClass: 'mail' }) },
    ]);
    expect(remarks).toEqual(['mail: no word here for its options priority']);
    expect(leftOut).toEqual([expect.stringContaining('row 3: cron')]);
  });
  it('that are no JSON are wrong words', () =>
    expect(importPgBoss('apps/cli/src/import/fixtures/cronjobs.yaml', { schema: 'pgboss' })).rejects.toThrow(
      UsageError,
    ));
});

it('keys that stand twice get a number, in order', () =>
  expect(withOwnKeys(['a', 'b', 'a'].map((key) => ({ key, fields: {} }))).map(({ key }) => key)).toEqual([
    'a',
    'b',
    'a-2',
  ]));
