import { describe, expect, it } from 'vitest';
import { latenessMs, lineOf } from './story.ts';

describe('the life of a timer in words', () => {
  it('says how late a fire was, and which attempt', () => {
    const data = {
      attempt: 2,
      scheduledFor: '2027-03-01T09:00:00.000Z',
      startedAt: '2027-03-01T09:00:01.500Z',
    };
    expect(latenessMs(data)).toBe(1_500);
    expect(lineOf({ type: 'EventTriggered', data }).details.slice(0, 2)).toEqual(['attempt 2', '1 s late']);
  });
  it('says why an attempt failed', () => {
    const data = { attempt: 1, error: 'no route to host', nextFireAt: '2027-03-01T09:00:00.000Z' };
    expect(lineOf({ type: 'EventRetryScheduled', data })).toMatchObject({
      tone: 'bad',
      details: ['attempt 1', 'no route to host', expect.stringContaining('again at')],
    });
  });
  it('says that a close was the last, and why', () => {
    const data = { attempt: 1, ended: { reason: 'done' } };
    expect(lineOf({ type: 'EventClosed', data }).details).toEqual(['attempt 1', 'its last: done']);
  });
  it('tells of a fact that it does not know by its name', () => {
    expect(lineOf({ type: 'LeaseAcquired', data: {} }).title).toBe('Lease acquired');
  });
});
