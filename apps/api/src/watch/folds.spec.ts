import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { PastState } from '#engine';
import type { TimerId } from '#timer';
import { Folds } from './folds.js';

const [one, two, three] = ['1', '2', '3'] as TimerId[] as [TimerId, TimerId, TimerId];
const absent: PastState = { kind: 'absent' };

it('folds once for all who ask for the same meanwhile, and so many at a time', async () => {
  const asked: string[] = [];
  const answers: ((past: PastState) => void)[] = [];
  const queries = {
    stateAtVersion: (timerId: TimerId, version: number) => {
      asked.push(`${timerId}/${version}`);
      return new Promise<PastState>((resolve) => answers.push(resolve));
    },
  };
  const folds = new Folds(queries, 2);
  const shared = [folds.stateAtVersion(one, 5), folds.stateAtVersion(one, 5)];
  const others = [folds.stateAtVersion(two, 5), folds.stateAtVersion(three, 5)];
  await setImmediate();
  expect(asked).toEqual(['1/5', '2/5']);
  answers[0]?.(absent);
  expect(await Promise.all(shared)).toEqual([absent, absent]);
  await setImmediate();
  expect(asked).toEqual(['1/5', '2/5', '3/5']);
  for (const answer of answers) answer(absent);
  await Promise.all(others);
  // what is done is not kept: another time there may be more of it
  const again = folds.stateAtVersion(one, 5);
  await setImmediate();
  answers.at(-1)?.(absent);
  await again;
  expect(asked).toHaveLength(4);
});
