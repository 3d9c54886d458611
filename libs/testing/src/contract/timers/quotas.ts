import { expect, it } from 'vitest';
import { QuotaExceededError } from '#client';
import type { QuotaSettings } from '#engine';
import type { TimersStage } from './stage.js';

/** What the namespaces of this suite may use: the subject is opened with it. */
export const contractQuotas: QuotaSettings = Object.freeze({
  few: { timers: 2 },
  slow: { commandsPerSecond: 1, commandsBurst: 2 },
  small: { payloadBytes: 600 },
});

const refusedBy = async (call: Promise<unknown>): Promise<QuotaExceededError> => {
  const error = await call.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(QuotaExceededError);
  return error as QuotaExceededError;
};

export function quotas(stage: TimersStage): void {
  it('refuses a timer more than its namespace may have, and takes it when one is gone', async () => {
    const { timers } = stage;
    const namespace = 'few';
    const [first] = [await stage.hourly({ namespace }), await stage.hourly({ namespace })];
    const full = await refusedBy(stage.hourly({ namespace }));
    expect(full).toMatchObject({ code: 'quota-exceeded', field: 'timers', retryAfterMs: undefined });
    expect(full.message).toContain('few has 2 timers that have not ended, and its quota is 2');
    await timers.updateTimer({ namespace, key: first.key }, { tags: ['still changed'] });
    await timers.cancelTimer({ namespace, key: first.key });
    await stage.hourly({ namespace });
    await refusedBy(timers.updateTimer({ namespace, key: first.key }, { watermark: first.createTime }));
    await timers.deleteTimer({ namespace, key: first.key });
    await refusedBy(stage.hourly({ namespace }));
  });

  it('answers a command that was taken as before, also when there is no room any more', async () => {
    const { timers } = stage;
    const key = stage.key();
    const create = { key, namespace: 'slow', schedPolicyType: 'ONCE', schedPolicyExpr: '1h' } as const;
    const commandId = crypto.randomUUID();
    const made = await timers.createTimer(create, { commandId });
    const refusals: QuotaExceededError[] = [];
    // at once: one after the other they may take longer than the rate asks for
    await Promise.all(
      Array.from({ length: 5 }, () =>
        timers.pauseTimer({ namespace: 'slow', key }).catch((error) => refusals.push(error)),
      ),
    );
    expect(refusals.length).toBeGreaterThanOrEqual(3);
    for (const refused of refusals) {
      expect(refused).toMatchObject({ code: 'quota-exceeded', field: 'commandsPerSecond' });
      expect(refused.retryAfterMs).toBeGreaterThan(0);
      expect(refused.message).toContain('its quota of 1 commands a second');
    }
    expect(await timers.createTimer(create, { commandId })).toEqual(made);
  });

  it('refuses a command that is larger than its namespace may send', async () => {
    const large = await refusedBy(stage.hourly({ namespace: 'small', data: 'x'.repeat(600) }));
    expect(large).toMatchObject({ field: 'payloadBytes', retryAfterMs: undefined });
    expect(large.message).toMatch(
      /^the command has \d+ bytes, and the quota of namespace small is 600 bytes/,
    );
    await stage.hourly({ namespace: 'small', data: 'x' });
  });

  it('takes every answer to an event, however many commands were sent and however large it is', async () => {
    const { timers } = stage;
    const { key, eventId } = await stage.open({ namespace: 'small' });
    const summaryData = 'x'.repeat(2_000);
    await timers.closeTimerEvent({ namespace: 'small', key }, { eventId, attempt: 1, summaryData });
    expect(await timers.getTimerByKey(key, { namespace: 'small' })).toMatchObject({ summaryData });
  });
}
