import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventTypePrefix } from '#contract';
import { GivenUpEvents } from './given-up-events.js';

const log = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
const { dead } = JSON.parse(
  readFileSync(new URL('../../../contract/samples/due-records.json', import.meta.url), 'utf8'),
) as { dead: { value: string; headers: Record<string, string> } };
const record = (headers: Record<string, string>, value: string) => ({
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  value: Buffer.from(value),
});
const givenUp = (ce_timerid: string, version: number) =>
  record({ ...dead.headers, ce_timerid, ce_timerversion: String(version) }, dead.value);
const told = (type: string, ce_timerid: string, version: number) =>
  record({ ce_type: `${eventTypePrefix}${type}`, ce_timerid, ce_timerversion: String(version) }, '{}');

describe('events that were given up', () => {
  let events: GivenUpEvents;
  beforeEach(() => {
    events = new GivenUpEvents('default', log, 3);
  });
  const listed = () => events.list().events.length;

  it.each(['TimerDeleted', 'EventRedriven'])('are over by %s, in whichever order it is read', (type) => {
    events.take(givenUp('a', 5));
    events.take(told(type, 'a', 6));
    events.take(told(type, 'b', 6));
    events.take(givenUp('b', 5));
    expect(listed()).toBe(0);
  });

  it('are there again when they are given up again', () => {
    events.take(told('EventRedriven', 'a', 6));
    events.take(givenUp('a', 9));
    expect(listed()).toBe(1);
  });

  it('are all there, however many others were deleted', () => {
    events.take(givenUp('a', 5));
    for (let n = 0; n < 10; n += 1) events.take(told('TimerDeleted', `t${n}`, 2));
    expect(events.list()).toMatchObject({ events: [{ attempts: 1 }], isComplete: true });
  });

  it('are none of those that cannot be read', () => {
    events.take(record(dead.headers, 'no json'));
    events.take(record(dead.headers, '{}'));
    expect(listed()).toBe(0);
  });

  it('are the newest where there are more than are kept', () => {
    for (let n = 0; n < 5; n += 1) events.take(givenUp(`t${n}`, 5));
    expect([listed(), events.list().isComplete]).toEqual([3, false]);
  });
});
