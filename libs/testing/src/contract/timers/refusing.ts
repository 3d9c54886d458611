import { expect, it } from 'vitest';
import { CommandRejectedError, type NewTimer } from '#client';
import type { TimersStage } from './stage.js';
import { mistypedTimers, wrongTimers } from './wrong-timers.js';

export function refusing(stage: TimersStage): void {
  it('there is a place for each field of a timer to be wrong in', () =>
    expect(mistypedTimers.length).toBeGreaterThan(60));

  it.each(wrongTimers)(
    'refuses $wrong, names $field and says what would be right',
    async ({ wrong, field, right }) => {
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
