import { describe, expect, it } from 'vitest';
import { payloadRefusal, Quotas } from './quotas.js';

describe('a quota', () => {
  const quotas = new Quotas({
    '*': { timers: 10, commandsPerSecond: 5, commandsBurst: 50 },
    billing: { timers: null, payloadBytes: 100 },
    fast: { commandsPerSecond: 100 },
  });
  it('of a namespace that is not named is what all others have', () =>
    expect(quotas.of('any')).toEqual({
      timers: 10,
      commandsPerSecond: 5,
      commandsBurst: 50,
      payloadBytes: null,
    }));
  it('that a namespace leaves out is what all others have, and null is none', () =>
    expect(quotas.of('billing')).toEqual({
      timers: null,
      commandsPerSecond: 5,
      commandsBurst: 50,
      payloadBytes: 100,
    }));
  it('of a rate has a burst of its own, or what a second allows', () =>
    expect(quotas.of('fast')).toMatchObject({ commandsPerSecond: 100, commandsBurst: 100 }));
  it('is none where none was declared', () => expect(new Quotas({ a: {} }).of('b')).toBeNull());
  it('of payload refuses what is larger, and no less', () => {
    expect(payloadRefusal(quotas.of('billing'), 'billing', 100)).toBeNull();
    expect(payloadRefusal(quotas.of('any'), 'any', 1e9)).toBeNull();
    expect(payloadRefusal(quotas.of('billing'), 'billing', 101)).toMatchObject({ field: 'payloadBytes' });
  });
});
