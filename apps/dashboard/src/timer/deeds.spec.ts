import { describe, expect, it } from 'vitest';
import type { Timer } from '../api/types.ts';
import { asItStands, deedsOf } from './deeds.ts';

const open = { key: 'a', enable: true, eventId: 'e', attempt: 1 } as Timer;
const dead = { key: 'a', enable: true, givenUp: { eventId: 'e', attempts: 1 } } as unknown as Timer;
const paused = { key: 'a', enable: true, pausedAt: '2027-03-01T09:00:00.000Z' } as Timer;
const possible = (timer: Timer): readonly string[] =>
  deedsOf(timer).flatMap(({ name, whyNot }) => (whyNot === undefined ? [name] : []));

describe('what can be done with a timer', () => {
  it('stands in the same places, whatever the timer is at', () => {
    const places = [open, dead, paused].map((timer) => deedsOf(timer).map(({ name }) => name));
    expect(new Set(places.map(String)).size).toBe(1);
  });
  it('depends on where it stands', () => {
    expect(possible(open)).toEqual(['Pause', 'Close event', 'Delete']);
    expect(possible(dead)).toEqual(['Trigger', 'Redrive', 'Pause', 'Delete']);
    expect(possible(paused)).toEqual(['Resume', 'Delete']);
  });
  it('is confirmed where it cannot be undone', () => {
    const asked = deedsOf(open).flatMap(({ name, confirm }) => (confirm === undefined ? [] : [name]));
    expect(asked).toEqual(['Close event', 'Delete']);
  });
  it('is of the attempt that is open when it is confirmed, and of no other event', () => {
    const [close] = deedsOf(open).filter(({ action }) => action === 'close');
    if (close === undefined) throw new Error('nothing can be closed');
    expect(asItStands(close, { ...open, attempt: 4 }).body).toEqual({ eventId: 'e', attempt: 4 });
    expect(asItStands(close, { ...open, eventId: 'f', attempt: 4 })).toBe(close);
  });
});
