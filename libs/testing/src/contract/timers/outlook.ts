import { expect, it } from 'vitest';
import { InvalidSpecError, TimerNotExistError } from '#client';
import type { TimersStage } from './stage.js';

const daily = { schedPolicyType: 'CRON', schedPolicyExpr: '0 9 * * *', timeZone: 'Europe/Paris' };

export function outlook(stage: TimersStage): void {
  it('tells the fires to come, each with its local time and why', async () => {
    const { key } = await stage.hourly({ ...daily, startAt: '2040-03-24T00:00:00Z' });
    const { fires } = await stage.timers.nextFires({ key }, { count: 2 });
    expect(fires).toMatchObject([
      { fireAt: '2040-03-24T08:00:00.000Z', localTime: '2040-03-24T09:00:00', utcOffset: '+01:00' },
      { fireAt: '2040-03-25T07:00:00.000Z', localTime: '2040-03-25T09:00:00', utcOffset: '+02:00' },
    ]);
    expect(fires[0]?.why).toContain('09:00');
  });

  it('previews a timer that is not there, and what a change would do, and changes nothing', async () => {
    const { timers } = stage;
    expect((await timers.preview({ timer: daily, count: 3 })).fires).toHaveLength(3);
    const made = await stage.hourly({ ...daily, startAt: '2040-03-24T00:00:00Z' });
    const moved = await timers.preview({ timerId: made.id, set: { timeZone: 'UTC' }, count: 1 });
    expect(moved.fires).toMatchObject([{ fireAt: '2040-03-24T09:00:00.000Z' }]);
    expect(moved.difference).toMatchObject({ present: { fires: [{ fireAt: '2040-03-24T08:00:00.000Z' }] } });
    expect(await timers.getTimerById(made.id)).toEqual(made);
    const wrong = timers.preview({ timer: { ...daily, schedPolicyExpr: 'soon' } });
    await expect(wrong).rejects.toThrow(InvalidSpecError);
    await expect(wrong).rejects.toMatchObject({ field: 'schedPolicyExpr' });
  });

  it('tells why a timer did not fire', async () => {
    const { key } = await stage.hourly({ enable: false });
    const { findings } = await stage.timers.why({ key });
    expect(findings.length).toBeGreaterThan(0);
    expect(findings[0]?.sentence).not.toBe('');
  });

  it('refuses what is no question, and names the field', async () => {
    const { timers } = stage;
    const { key, id } = await stage.hourly();
    const ask: readonly [string | undefined, Promise<unknown>][] = [
      ['count', timers.nextFires({ key }, { count: 0 })],
      ['count', timers.preview({ timer: daily, count: 1_001 })],
      ['from', timers.why({ key }, { from: '2030-01-02T00:00:00Z', to: '2030-01-01T00:00:00Z' })],
      ['to', timers.why({ key }, { to: 'yesterday' })],
      [undefined, timers.preview({})],
      [undefined, timers.preview({ timerId: id, timer: daily })],
    ];
    const told = await Promise.all(ask.map(([, answer]) => answer.catch((error: unknown) => error)));
    for (const [index, [field]] of ask.entries())
      expect(told[index]).toMatchObject({ code: 'bad-request', ...(field !== undefined && { field }) });
    await expect(timers.nextFires({ key: stage.key('none') })).rejects.toThrow(TimerNotExistError);
  });
}
