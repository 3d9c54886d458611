import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TimerRecord } from '#contract';
import { InMemoryTimers } from '#testing';
import { outcomeOf } from './outcome.js';
import type { Step } from './plan.js';

let timers: InMemoryTimers;
let looked: TimerRecord;
const key = 'often';
const ref = { namespace: 'default', key };
beforeEach(async () => {
  timers = new InMemoryTimers({ hooks: { demo: () => undefined } });
  looked = await timers.createTimer({
    key,
    schedPolicyType: 'INTERVAL',
    schedPolicyExpr: '5s',
    hookClass: 'demo',
  });
});
afterEach(() => timers.close());

const update = (): Step => ({
  do: 'update',
  ...ref,
  version: looked.version,
  changes: [{ field: 'tags', from: [], to: ['a'] }],
});
const fires = async () => {
  await timers.advance('20s');
  expect((await timers.getTimerByKey(key)).version).toBeGreaterThan(looked.version);
};

describe('a step of a plan', () => {
  it('is done though the timer has fired since it was looked at', async () => {
    await fires();
    expect(await outcomeOf(timers, update(), looked, {})).toEqual({ ...ref, do: 'update' });
    expect((await timers.getTimerByKey(key)).tags).toEqual(['a']);
    const now = await timers.getTimerByKey(key);
    await timers.advance('20s');
    const step: Step = { do: 'delete', ...ref, version: now.version };
    expect(await outcomeOf(timers, step, now, {})).toEqual({ ...ref, do: 'delete' });
  });
  it('is refused if somebody has changed the timer, or made another of its name', async () => {
    await timers.updateTimer(ref, { endAt: '2040-01-01T00:00:00Z' });
    await fires();
    expect(await outcomeOf(timers, update(), looked, {})).toMatchObject({ error: expect.any(String) });
    await timers.deleteTimer(ref);
    await timers.createTimer({
      key,
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '5s',
      hookClass: 'demo',
    });
    await fires();
    expect(await outcomeOf(timers, update(), looked, {})).toMatchObject({ error: expect.any(String) });
    expect((await timers.getTimerByKey(key)).tags).toEqual([]);
  });
  it('is refused in the end by a timer that always fires in between', async () => {
    await fires();
    vi.spyOn(timers, 'getTimerByKey').mockResolvedValue(looked);
    expect(await outcomeOf(timers, update(), looked, {})).toMatchObject({ error: expect.any(String) });
    expect(timers.getTimerByKey).toHaveBeenCalledTimes(2);
  });
});
