import { describe, expect, it } from 'vitest';
import type { Fire } from '../api/types.ts';
import { outlookSentence } from './outlook-words.ts';

const asked = Date.parse('2027-03-01T09:00:00Z');
const at = (moment: string): Fire =>
  ({ fireAt: `${moment}Z`, tick: `${moment}Z`, localTime: moment }) as unknown as Fire;
const inSeconds = (...seconds: number[]): Fire[] =>
  seconds.map((s) => at(new Date(asked + s * 1_000).toISOString().slice(0, 19)));

describe('what comes, in a sentence', () => {
  it.each([
    ['Every 10 s, first at once.', inSeconds(0, 10, 20), undefined],
    ['Every 10 s.', inSeconds(8, 18, 28), undefined],
    ['Every minute, first at once, 2 times in all.', inSeconds(0, 60), 'max-fires'],
    ['Once.', inSeconds(30), 'done'],
    ['Once, at once.', inSeconds(0), 'done'],
    ['Will not fire again.', [], 'done'],
    [
      'At 09:30 on the days below.',
      ['01', '02', '05'].map((day) => at(`2027-03-${day}T09:30:00`)),
      undefined,
    ],
    ['At the times below.', inSeconds(5, 6, 60), undefined],
  ])('%s', (sentence, fires, ended) => {
    expect(outlookSentence({ fires, ...(ended !== undefined && { ended }) }, asked)).toBe(sentence);
  });
});
