import { describe, expect, it } from 'vitest';
import type { EpochMs, TimerId } from '#timer';
import {
  commandRecord,
  feedRecord,
  followUpRecord,
  parseCommand,
  parseFeedClock,
  topicsOf,
} from './index.js';

const timerId = '019d3211-2a00-7a5c-8123-456789abcdef' as TimerId;
const event = {
  timerId,
  version: 7,
  type: 'EventClosed',
  recordKey: 'n/grün 1',
  nextFireAt: 1_806_224_340_000 as EpochMs,
  commandId: '018f0000-0000-7000-8000-000000000001',
  data: '{"type":"EventClosed","result":{"text":"\\u0000\\ud800 9007199254740993"}}',
  recordedAt: Date.UTC(2027, 2, 28, 9) as EpochMs,
  traceparent: null,
};
const incoming = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));

describe('the change feed', () => {
  it('ships the stored text as it is, as a CloudEvent whose id is the timer and its version', () => {
    expect(feedRecord(event)).toEqual({
      key: 'n/grün 1',
      value: event.data,
      headers: {
        ce_specversion: '1.0',
        ce_id: `${timerId}/7`,
        ce_source: '/carillon',
        ce_type: 'carillon.EventClosed',
        ce_subject: 'n/gr%C3%BCn%201',
        ce_time: '2027-03-28T09:00:00.000Z',
        ce_timerid: timerId,
        ce_timerversion: '7',
        ce_nextfireat: '1806224340000',
        ce_commandid: event.commandId,
        'content-type': 'application/json',
      },
    });
  });

  it('leaves out what there is not, and passes a trace on', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers } = feedRecord({ ...event, nextFireAt: null, commandId: null, traceparent });
    expect(headers).not.toHaveProperty('ce_nextfireat');
    expect(headers).not.toHaveProperty('ce_commandid');
    expect(headers.traceparent).toBe(traceparent);
  });

  it.each([event.nextFireAt, null])('its clock is read from the headers alone (%s)', (nextFireAt) => {
    expect(parseFeedClock(incoming(feedRecord({ ...event, nextFireAt }).headers))).toEqual({
      timerId,
      version: 7,
      nextFireAt,
    });
  });

  it('a record that is none of ours has no clock', () =>
    expect(parseFeedClock({ ce_type: Buffer.from('other') })).toBeNull());
});

describe('what follows from an event', () => {
  const parentId = '019d3211-2a00-7a5c-8123-456789abcde0';
  const parent = { timerId: parentId, key: 'k/1', n: 3 };
  it.each(['TimerEnded', 'TimerDeleted'])('a parent is told of %s, under the id of its child', (type) => {
    const record = followUpRecord({ ...event, type, data: JSON.stringify({ type, parent }) });
    expect(record?.key).toBe('n/k/1');
    expect(parseCommand({ key: null, value: Buffer.from(record?.value ?? '') }, 10_000)).toMatchObject({
      ok: true,
      command: { type: 'EndChild', commandId: timerId, childId: timerId, parentId },
    });
  });
  it.each(['EventClosed', 'EventGivenUp'])('… and of %s that ends its child', (type) => {
    const data = JSON.stringify({ type, ended: { reason: 'done', parent } });
    expect(followUpRecord({ ...event, type, data })?.key).toBe('n/k/1');
    expect(followUpRecord({ ...event, type, data: JSON.stringify({ type, result: data }) })).toBeNull();
  });
  it('nothing else is sent: not for a timer without a parent, not for what is no end', () => {
    expect(followUpRecord({ ...event, type: 'TimerEnded', data: '{}' })).toBeNull();
    expect(followUpRecord({ ...event, type: 'TimerCreated', data: JSON.stringify({ parent }) })).toBeNull();
  });
});

describe('topics', () => {
  it('are all under one prefix, and there is one for each hook class', () => {
    expect(topicsOf('p')).toMatchObject({ commands: 'p.commands', replies: 'p.replies', dead: 'p.dead' });
    expect(topicsOf().due('billing')).toBe('timers.due.billing');
  });
  it('a timer without a hook class has none', () => expect(() => topicsOf().due('')).toThrow(RangeError));
});

it('a command is keyed by its timer, or by the id that stands for it', () => {
  const id = '018f0000-0000-7000-8000-000000000001';
  expect(commandRecord({ type: 'PauseTimer', id, namespace: 'n', key: 'a/b' }).key).toBe('n/a/b');
  expect(commandRecord({ type: 'PauseTimer', id, timerId }).key).toBe(timerId);
  expect(commandRecord({ type: 'PauseTimer', id }).key).toBeNull();
});
