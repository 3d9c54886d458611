import { describe, expect, it } from 'vitest';
import type { Timer, Told } from '../api/types.ts';
import { type Redriven, refused, sending, sent, told } from './fates.ts';

const letter = { id: 't', key: 'order-17', givenUp: { eventId: 'e' } } as Timer;
const says = (type: string, eventId = 'e'): Told =>
  ({ type, timerId: 't', data: { eventId } }) as unknown as Told;
const fateAfter = (all: readonly Redriven[], ...types: string[]) =>
  types.reduce((list, type) => told(list, says(type)), all)[0]?.fate;

describe('what becomes of a redriven event', () => {
  const begun = sending([], letter);
  it('is that it was sent and waits, and how it ended', () => {
    expect(sent(begun, 't')[0]?.fate).toBe('waiting');
    expect(fateAfter(begun, 'EventRedriven')).toBe('waiting');
    expect(fateAfter(begun, 'EventRedriven', 'EventRetryScheduled')).toBe('trying again');
    expect(fateAfter(begun, 'EventRedriven', 'EventRetryScheduled', 'EventClosed')).toBe('closed');
    expect(fateAfter(begun, 'EventRedriven', 'EventGivenUp')).toBe('failed again');
    expect(fateAfter(begun, 'TimerDeleted')).toBe('deleted');
  });
  it('is not what a log that lags behind tells of the give-up before', () => {
    expect(fateAfter(begun, 'EventGivenUp')).toBe('sending');
    expect(fateAfter(begun, 'EventGivenUp', 'EventRedriven', 'EventClosed')).toBe('closed');
  });
  it('stays told when the answer to the redrive comes last', () => {
    const closed = told(told(begun, says('EventRedriven')), says('EventClosed'));
    expect(sent(closed, 't')[0]?.fate).toBe('closed');
  });
  it('is nothing of another event, nor of a redrive that was refused', () => {
    const waiting = told(begun, says('EventRedriven'));
    expect(told(waiting, says('EventClosed', 'the next one'))).toBe(waiting);
    expect(refused(begun, 't')).toEqual([]);
  });
  it('begins anew with the next redrive', () => {
    const failed = told(told(begun, says('EventRedriven')), says('EventGivenUp'));
    expect(sending(failed, letter)).toEqual(begun);
  });
});
