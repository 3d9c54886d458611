import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  AlreadyClaimedError,
  EventIdNotMatchError,
  EventOpenError,
  NoOpenEventError,
  StaleAttemptError,
  TimerDisabledError,
  TimerNotExistError,
} from '#client';
import type { TimersStage } from './stage.js';

export function events(stage: TimersStage): void {
  it('a manual trigger opens an event that carries its request', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly({ hookClass: 'nobody' });
    const requestId = await timers.manualTriggerEvent({ key });
    const open = await stage.subject.eventually('the event is open', async () => {
      const timer = await timers.getTimerByKey(key);
      return timer.eventStatus === 'TRIGGER' && timer;
    });
    expect(open).toMatchObject({
      eventExtra: { eventManualRequestId: requestId },
      manualRequest: {
        manualRequestId: requestId,
        manualTimeout: '120000ms',
        manualProcessed: true,
        manualEventId: open.eventId,
      },
    });
  });

  it('a manual trigger is refused while an event is open, while the timer is disabled, and where there is none', async () => {
    const { timers } = stage;
    const open = await stage.open();
    await expect(timers.manualTriggerEvent({ key: open.key })).rejects.toThrow(
      'manual trigger is not allowed when event is not closed',
    );
    await timers.updateTimer({ key: open.key }, { enable: false });
    // the open event is told first
    await expect(timers.manualTriggerEvent({ key: open.key })).rejects.toThrow(EventOpenError);
    const { key } = await stage.hourly({ enable: false });
    await expect(timers.manualTriggerEvent({ key })).rejects.toThrow(TimerDisabledError);
    await expect(timers.manualTriggerEvent({ key: stage.key('none') })).rejects.toThrow(TimerNotExistError);
  });

  it('a manual trigger that saw an older version reads the timer again and fires it all the same', async () => {
    const { timers } = stage;
    const { key } = await stage.hourly({ hookClass: 'nobody' });
    await timers.updateTimer({ key }, { tags: ['moved on'] });
    const requestId = await timers.manualTriggerEvent({ key }, { check: { version: 1 } });
    await stage.subject.eventually('it fires', async () => {
      const { manualRequest } = await timers.getTimerByKey(key);
      return JSON.stringify(manualRequest ?? null).includes(requestId);
    });
  });

  it('a close ends the event, moves the watermark to where it began, and leaves what it is told to', async () => {
    const { timers } = stage;
    const { key, eventId, eventStart } = await stage.open();
    const closed = await timers.closeTimerEvent({ key }, { eventId, summaryData: '{"done":1}' });
    expect(closed).toMatchObject({ eventStatus: 'IDLE', watermark: eventStart, summaryData: '{"done":1}' });
    expect(closed).not.toHaveProperty('eventId');
    await expect(timers.closeTimerEvent({ key }, { eventId })).rejects.toThrow(NoOpenEventError);
  });

  it('an answer is taken from the worker whose event and attempt it is, and from nobody else', async () => {
    const { timers } = stage;
    const { key, eventId } = await stage.open();
    const close = (answer: object) => timers.closeTimerEvent({ key }, { eventId, ...answer });
    await expect(close({ eventId: randomUUID() })).rejects.toThrow(EventIdNotMatchError);
    await expect(close({ attempt: 7 })).rejects.toThrow(StaleAttemptError);
    await timers.claimEvent({ key }, { eventId, worker: 'one' });
    await expect(timers.claimEvent({ key }, { eventId, worker: 'two' })).rejects.toThrow(AlreadyClaimedError);
    expect(await timers.heartbeatEvent({ key }, { eventId, worker: 'one', progress: '50%' })).toMatchObject({
      worker: 'one',
      progress: '50%',
    });
    const retried = await timers.retryEvent({ key }, {
      eventId,
      worker: 'one',
      error: 'e',
      after: '1h',
    } as never);
    expect(retried).toMatchObject({ lastError: 'e' });
  });

  it('a timer may be deleted while its event is open, and a later close is told that there is none', async () => {
    const { timers } = stage;
    const { key, eventId } = await stage.open();
    expect(await timers.deleteTimer({ key })).toBe(true);
    await expect(timers.closeTimerEvent({ key }, { eventId })).rejects.toThrow(TimerNotExistError);
  });
}
