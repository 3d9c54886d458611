import { expect, it } from 'vitest';
import { countedFact } from './counted-fact.js';
import type { FollowedRecord } from './feed-follower.js';
import { resultText } from './result-text.js';

const record = (type: string, body: object): FollowedRecord => ({
  value: Buffer.from(JSON.stringify({ type, ...body })),
  headers: { ce_type: Buffer.from(`carillon.${type}`) },
});
const result = (text: string) => ({ result: { text } });

it.each([
  ['that repeats', {}, { isLast: false, error: null }],
  ['that is the last', { ended: { reason: 'done' } }, { isLast: true, error: null }],
  ['whose result speaks of an end', result('{"ended":1}'), { isLast: false, error: null }],
  [
    'that ended badly',
    result(String(resultText({ kind: 'end', status: 'ERROR', result: null, error: 'no' }))),
    { isLast: false, error: 'no' },
  ],
  ['whose result breaks off', result('{"status":"ERROR"'), { isLast: false, error: null }],
  ['whose error is no text', result('{"status":"ERROR","error":{}}'), { isLast: false, error: null }],
  ['without a result', { result: null }, { isLast: false, error: null }],
])('a close %s is told apart', (_what, body, fact) => {
  expect(countedFact(record('EventClosed', body))).toEqual({ type: 'EventClosed', ...fact });
});

it.each(['{"result":', 'null', '7', ''])('a record that holds %j is counted by its type', (value) => {
  const headers = record('EventClosed', {}).headers;
  expect(countedFact({ headers, value: Buffer.from(value) })).toMatchObject({
    type: 'EventClosed',
    error: null,
  });
});

it('says how late a trigger was', () => {
  const body = { scheduledFor: '2026-11-25T10:00:00.000Z', startedAt: '2026-11-25T10:00:02.001Z' };
  expect(countedFact(record('EventTriggered', body))).toEqual({ type: 'EventTriggered', lateMs: 2_001 });
});

it('leaves out what no counter counts', () => {
  expect(countedFact(record('EventExtended', {}))).toBeNull();
});
