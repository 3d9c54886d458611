import { expect, it } from 'vitest';
import { CommandRejectedError, type NewTimer } from '#client';
import type { TimersStage } from './stage.js';

/** Each field wrong in turn: which one is told, and what would be right. */
const wrongFields: readonly (readonly [Partial<Record<keyof NewTimer, unknown>>, string, string])[] = [
  [{ key: '' }, 'key', 'should not be empty'],
  [{ namespace: 'a b' }, 'namespace', 'A-Z a-z 0-9'],
  [{ timeZone: 'Nowhere/City' }, 'timeZone', 'IANA name'],
  [{ timeZone: 7 }, 'timer.timeZone', 'expected string'],
  [{ schedPolicyType: 'SOMETIMES' }, 'schedPolicyType', 'one of INTERVAL'],
  [{ schedPolicyExpr: 'soon' }, 'schedPolicyExpr', 'invalid schedule event expr'],
  [{ schedPolicyType: 'CRON', schedPolicyExpr: '61 * * * *' }, 'schedPolicyExpr', 'cron'],
  [{ hookClass: 'a/b' }, 'hookClass', 'at most 64'],
  [{ tags: [''] }, 'tags', 'not empty'],
  [{ tags: 'eu' }, 'timer.tags', 'expected array'],
  [{ maxFires: 0 }, 'maxFires', 'from 1 up'],
  [{ jitter: '2h' }, 'jitter', 'below the interval'],
  [{ ackTimeout: '0s' }, 'ackTimeout', '1 ms'],
  [{ startAt: '2030-01-01' }, 'timer.startAt', 'expected an RFC 3339 moment'],
  [{ endAt: '2020-01-01T00:00:00Z' }, 'endAt', 'before startAt'],
  [{ retry: { min: '2h', max: '1h' } }, 'retry.min', 'longer than'],
  [{ retry: { maxAttempts: -1 } }, 'timer.retry.maxAttempts', 'expected number'],
  [{ preSchedule: { timeout: 'never' } }, 'preSchedule.timeout', 'never'],
  [{ missed: { policy: 'some' } }, 'timer.missed.policy', 'expected one of'],
  [{ dst: { gap: 'jump' } }, 'timer.dst.gap', 'expected one of'],
  [{ data: 'x'.repeat(256 * 1024 + 1) }, 'data', 'at most 262144'],
  [{ surprise: 1 } as object, 'timer.surprise', 'not a field'],
];

export function refusing(stage: TimersStage): void {
  it.each(wrongFields)(
    'refuses %o, names the field and says what would be right',
    async (wrong, field, right) => {
      const key = stage.key();
      const refused = stage.hourly({ key, ...(wrong as Partial<NewTimer>) });
      await expect(refused).rejects.toThrow(CommandRejectedError);
      const error = (await refused.catch((one: unknown) => one)) as CommandRejectedError;
      expect(error.field).toBe(field);
      expect(error.message).toContain(right);
      expect(await stage.timers.count({ key })).toMatchObject({ count: 0 });
    },
  );

  it('a change that makes no sense changes nothing', async () => {
    const { timers } = stage;
    const made = await stage.hourly();
    const changed = timers.updateTimer({ key: made.key }, { tags: ['x'], schedPolicyExpr: 'soon' });
    await expect(changed).rejects.toMatchObject({ code: 'invalid-spec', field: 'schedPolicyExpr' });
    expect(await timers.getTimerByKey(made.key)).toEqual(made);
  });
}
