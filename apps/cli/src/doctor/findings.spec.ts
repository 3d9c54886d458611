import { describe, expect, it } from 'vitest';
import {
  clockFinding,
  exitCodeOf,
  groupFinding,
  offsetFindings,
  runtimeFinding,
  schemaFindings,
  topicFindings,
  vacuumFinding,
} from './findings.js';

const well = { missing: [], unknown: [], partitions: 8, isLogReady: true };

describe('the doctor', () => {
  it('is content where all is well', () => {
    const findings = [
      runtimeFinding('24.1.0', '2026a'),
      clockFinding('Postgres', 3, 2),
      vacuumFinding('Postgres', null),
      vacuumFinding('Postgres', { who: 'a transaction of fire', ageMs: 90, transactions: 2 }),
      ...schemaFindings(well),
      ...topicFindings(new Map([['timers.commands', 8]]), 8),
      ...offsetFindings([{ topic: 't', partition: 0, next: 5n, low: 0n, high: 7n }]),
      groupFinding('fire', 'dealt'),
    ];
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(exitCodeOf(findings)).toBe(0);
  });
  it('says of each ill what to do', () => {
    const ills = [
      runtimeFinding('18.0.0', undefined),
      clockFinding('Postgres', -9_000, 4),
      ...schemaFindings({ ...well, missing: ['Bulk'] }),
      ...schemaFindings({ ...well, isLogReady: false }).slice(1),
      ...topicFindings(
        new Map([
          ['a', null],
          ['b', 4],
        ]),
        8,
      ),
      groupFinding('fire', 'empty'),
    ];
    expect(ills.map(({ state }) => state)).toEqual(ills.map(() => 'bad'));
    expect(ills.filter(({ next }) => next === undefined)).toEqual([]);
    expect(exitCodeOf(ills)).toBe(1);
  });
  it('does not blame a clock for the way to it', () => {
    expect(clockFinding('the API', 900, 2_000).state).toBe('ok');
    expect(clockFinding('the API', 900, 10).state).toBe('warning');
  });
  it('warns of who holds vacuum back for long, by its age or by what happened since', () => {
    const held = (ageMs: number | null, transactions: number) =>
      vacuumFinding('Postgres', { who: 'a transaction of psql (pid 7)', ageMs, transactions });
    expect(held(11 * 60_000, 5)).toMatchObject({ state: 'warning', told: expect.stringContaining('psql') });
    expect(held(9 * 60_000, 50_000_000).state).toBe('ok');
    expect(held(null, 1_000_001).state).toBe('warning');
    expect(held(null, 1_000).state).toBe('ok');
  });
  it('warns of a schema that is newer than itself', () =>
    expect(schemaFindings({ ...well, unknown: ['Later'] })[0]).toMatchObject({ state: 'warning' }));
  it('names the command that mends an offset outside its topic', () => {
    const [ahead] = offsetFindings([{ topic: 't', partition: 3, next: 90n, low: 0n, high: 7n }]);
    expect(ahead).toMatchObject({
      state: 'bad',
      next: expect.stringContaining('carillon offsets set t 3 0'),
    });
    const [expired] = offsetFindings([{ topic: 't', partition: 3, next: 1n, low: 5n, high: 7n }]);
    expect(expired?.next).toContain('carillon offsets set t 3 5');
  });
});
