import { describe, expect, it } from 'vitest';
import type { TimerRecord } from '#contract';
import { jobOf, jobTag, lockOf, onceTag } from './cluster-record.js';

const moment = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const timer = (parts: Readonly<Record<string, unknown>>): TimerRecord =>
  ({
    id: 't',
    namespace: 'default',
    key: 'job/tidy',
    tags: [jobTag],
    status: 'waiting',
    schedPolicyType: 'AFTER_FINISH',
    schedPolicyExpr: '30s',
    fires: 2,
    ...parts,
  }) as unknown as TimerRecord;

describe('a job of a cluster', () => {
  it('that waits tells its last run and its next', () => {
    const job = jobOf(timer({ watermark: moment(1), nextFireTime: moment(31) }));
    expect(job).toMatchObject({ key: 'tidy', kind: 'repeated', policy: 'after finish 30s', runs: 2 });
    expect([job?.lastRun, job?.nextRun, job?.runner]).toEqual([moment(1), moment(31), undefined]);
  });
  it('that runs tells who has it, and no next run: that moment is the end of patience', () => {
    const open = { eventId: 'e', attempt: 1, worker: 'w-1', eventStart: moment(2), nextFireTime: moment(12) };
    const job = jobOf(timer(open));
    expect([job?.runner, job?.runningSince, job?.nextRun]).toEqual(['w-1', moment(2), undefined]);
  });
  it('that runs once has the moment for its policy', () => {
    const once = { key: 'once/mail', tags: [onceTag], schedPolicyType: 'ONCE', schedPolicyExpr: moment(9) };
    expect(jobOf(timer(once))).toMatchObject({ key: 'mail', kind: 'once', policy: moment(9) });
    expect(jobOf(timer({ ...once, key: 'once.billing/mail/17' }))).toMatchObject({ key: 'mail/17' });
  });
  it('is none without its tag', () => expect(jobOf(timer({ tags: [] }))).toBeUndefined());
});

describe('a lock', () => {
  const lease = { holder: 'a', token: 7, since: moment(0), until: moment(31) };
  it('is held until its end, whatever is stored', () => {
    const held = timer({ key: 'mutex/press', lease });
    expect(lockOf(held, Date.parse(moment(30)))).toMatchObject({ holder: 'a', token: 7, isHeld: true });
    expect(lockOf(held, Date.parse(moment(31)))?.isHeld).toBe(false);
  });
  it('that was given back is none', () => expect(lockOf(timer({}), 0)).toBeUndefined());
});
