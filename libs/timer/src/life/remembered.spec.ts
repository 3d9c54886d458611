import { expect, it } from 'vitest';
import { type AppliedCommand, recentCommandsMax, type TimerState } from '#timer';
import { at, close, create, eventId, fire, type Step, step, timerAfter, type Wish } from '../spec-dsl.js';

const hour = 3_600_000;
const update = (tag: string, ms: number): Step => step({ type: 'UpdateTimer', set: { tags: [tag] } }, ms);
const versions = (recent: TimerState['recent'], isOf: (command: AppliedCommand) => boolean): number[] =>
  recent.filter(isOf).map(({ version }) => version);
const isAnswer = (command: AppliedCommand): boolean => command.isAnswer === true;
const isOther = (command: AppliedCommand): boolean => command.isAnswer === undefined;

it('what a client said is not pushed out of a timer’s memory by what its hooks answer', () => {
  const fired = (n: number): Step[] => {
    const [ms, id] = [n * hour, `e${n}`];
    const about = (type: string, extra: object): Step =>
      step({ type, eventId: eventId(id), ...extra } as Wish, ms);
    const [claim, beat] = [about('ClaimEvent', { worker: 'w' }), about('HeartbeatEvent', {})];
    return [fire(ms, id), claim, beat, close(ms, {}, id)];
  };
  const { recent } = timerAfter(
    create({ startAt: at(hour) }),
    update('a', 1),
    ...[1, 2, 3].flatMap(fired),
    update('b', 4 * hour - 1),
  );
  expect(versions(recent, isOther)).toEqual([1, 2, 15]);
  expect(versions(recent, isAnswer)).toEqual([8, 10, 12, 14]);
});

it('of each kind a timer remembers so many, the newest', () => {
  const updates = Array.from({ length: recentCommandsMax + 2 }, (_, n) => update(`t${n}`, n + 1));
  expect(versions(timerAfter(create(), ...updates).recent, isOther)).toEqual([4, 5, 6, 7]);
});

it('a close that says which ticks were passed over is an answer, however many events it makes', () => {
  const trigger = step({ type: 'TriggerTimer', requestId: 'r' }, 3 * hour);
  const past = [create({ startAt: at(0) }), fire(0), close(1), trigger, fire(3 * hour, 'e2')];
  const { recent, version } = timerAfter(...past, close(3 * hour + 5, {}, 'e2'));
  expect(version).toBe(7);
  expect(versions(recent, isOther)).toEqual([1, 4]);
  expect(versions(recent, isAnswer)).toEqual([3, 7]);
});
