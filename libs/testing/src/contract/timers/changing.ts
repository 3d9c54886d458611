import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  AlreadyClaimedError,
  EventIdNotMatchError,
  InvalidSpecError,
  TimerExistsError,
  TimerNotExistError,
  VersionNotMatchError,
} from '#client';
import type { TimersStage } from './stage.js';

export function changing(stage: TimersStage): void {
  it('makes each timer of a batch by itself, and tells the outcomes in the order given', async () => {
    const key = stage.key();
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '2040-01-01T00:00:00Z' };
    const outcomes = await stage.timers.createTimers([
      { key, ...timer },
      { key, ...timer },
      { key: stage.key(), ...timer, timeZone: 'Nowhere/City' },
      { key: stage.key(), ...timer },
    ]);
    const shown = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.version : outcome.reason.constructor,
    );
    expect(shown).toEqual([1, TimerExistsError, InvalidSpecError, 1]);
  });

  it('the same command id again gets the first outcome again', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly();
    const commandId = randomUUID();
    const first = await timers.updateTimer({ key }, { tags: ['a'] }, { commandId });
    await timers.pauseTimer({ key });
    expect(await timers.updateTimer({ key }, { tags: ['b'] }, { commandId })).toEqual(first);
  });

  it('an update raises the version by one, also one that sets nothing', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly();
    expect(await timers.updateTimer({ key }, { enable: false })).toMatchObject({ version: 2, enable: false });
    expect(await timers.updateTimer({ key }, {})).toMatchObject({ version: 3, enable: false });
    await expect(timers.updateTimer({ key: stage.key('none') }, {})).rejects.toThrow(TimerNotExistError);
  });

  it('sets what an update names, and by itself never what makes a timer itself', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly({ hookClass: 'h', data: 'd' });
    const set = {
      enable: false,
      timeZone: 'Asia/Tokyo',
      schedPolicyType: 'CRON',
      schedPolicyExpr: '0 9 * * *',
      watermark: '2030-01-01T00:00:00.000Z',
      summaryData: '{"n":1}',
      tags: ['t'],
    };
    expect(await timers.updateTimer({ key }, set)).toMatchObject(set);
    for (const fixed of [{ hookClass: 'other' }, { data: 'other' }])
      await expect(timers.updateTimer({ key }, fixed)).rejects.toThrow(InvalidSpecError);
    expect(await timers.getTimerByKey(key)).toMatchObject({ hookClass: 'h', data: 'd', version: 2 });
  });

  it('changes the hook class by an update that calls the open event back, so that no former attempt answers', async () => {
    const { timers } = stage;
    const { key, id, namespace, eventId } = await stage.open();
    const rehook = (hookClass: string) => timers.updateTimer({ key }, { hookClass }, { recall: true });
    await expect(timers.updateTimer({ key }, { hookClass: 'other' })).rejects.toThrow('recall: true');
    expect(await rehook('other')).toMatchObject({ id, hookClass: 'other', eventStatus: 'IDLE' });
    await expect(timers.closeTimerEvent({ key }, { eventId, attempt: 1 })).rejects.toThrow();
    const listed = async (hookClass: string) => {
      const { timers: page } = await timers.getTimerPage({ namespace, hookClass, keyPrefix: key });
      return page.map((timer) => timer.key);
    };
    expect([await listed('nobody'), await listed('other')]).toEqual([[], [key]]);
    // its tick is still to come, for the new class
    const again = await stage.subject.eventually('an event is open again', async () => {
      const timer = await timers.getTimerByKey(key);
      return timer.eventId !== undefined && { ...timer, eventId: timer.eventId };
    });
    expect(again).toMatchObject({ hookClass: 'other', attempt: 1 });
    expect(again.eventId).not.toBe(eventId);
    await expect(timers.closeTimerEvent({ key }, { eventId, attempt: 1 })).rejects.toThrow(
      EventIdNotMatchError,
    );
    await timers.claimEvent({ key }, { eventId: again.eventId, attempt: 1, worker: 'w' });
    await expect(rehook('third')).rejects.toThrow(AlreadyClaimedError);
    expect(await timers.getTimerByKey(key)).toMatchObject({ hookClass: 'other', eventId: again.eventId });
  });

  it('replaces tags as a whole, and clears with nothing', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly({
      tags: ['a', 'b'],
      summaryData: 's',
      watermark: '2030-01-01T00:00:00Z',
    });
    expect(await timers.updateTimer({ key }, { tags: ['c'] })).toMatchObject({ tags: ['c'] });
    const cleared = await timers.updateTimer({ key }, { tags: [], summaryData: null, watermark: null });
    expect(cleared.tags).toEqual([]);
    expect(cleared).not.toHaveProperty('summaryData');
    expect(cleared).not.toHaveProperty('watermark');
  });

  it('refuses when the timer is not as its caller saw it, the version first, and changes nothing', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly();
    const eventId = randomUUID();
    const update = (check: object) => timers.updateTimer({ key }, { enable: false }, { check });
    await expect(update({ version: 9 })).rejects.toThrow(VersionNotMatchError);
    await expect(update({ eventId })).rejects.toThrow(EventIdNotMatchError);
    await expect(update({ version: 9, eventId })).rejects.toThrow(VersionNotMatchError);
    await expect(timers.deleteTimer({ key }, { check: { version: 9 } })).rejects.toThrow(
      VersionNotMatchError,
    );
    expect(await timers.getTimerByKey(key)).toMatchObject({ version: 1, enable: true });
    expect(await update({ version: 1 })).toMatchObject({ version: 2 });
  });

  it('a change of the schedule, the zone or the watermark moves the next fire at once', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly({
      schedPolicyType: 'CRON',
      schedPolicyExpr: '0 9 * * *',
      timeZone: 'UTC',
    });
    const next = async (set: object) => (await timers.updateTimer({ key }, set)).nextFireTime;
    expect(await next({})).toBe('2040-01-01T09:00:00.000Z');
    expect(await next({ timeZone: 'Asia/Tokyo' })).toBe('2040-01-01T00:00:00.000Z');
    expect(await next({ schedPolicyExpr: '30 9 * * *' })).toBe('2040-01-01T00:30:00.000Z');
    expect(await next({ watermark: '2041-01-01T00:30:00Z' })).toBe('2041-01-02T00:30:00.000Z');
  });

  it('a deletion says whether there was something to delete', async () => {
    const { timers } = stage;
    const { key, id } = await stage.hourly();
    expect(await timers.deleteTimer({ key })).toBe(true);
    expect(await timers.deleteTimer({ key })).toBe(false);
    await expect(timers.getTimerById(id)).rejects.toThrow(TimerNotExistError);
    const again = await stage.hourly({ key });
    expect(again).toMatchObject({ key, version: 1 });
    expect(again.id).not.toBe(id);
  });
}
