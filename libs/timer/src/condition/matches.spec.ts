import { describe, expect, it } from 'vitest';
import { at, create, fire, step, timerAfter } from '../spec-dsl.js';
import type { TimerStatus } from '../state.js';
import type { TimerCondition } from './condition.js';
import { matches } from './matches.js';

const timer = timerAfter(create({ tags: ['eu', 'paid'] }));
const untagged = timerAfter(create());
const disabled = timerAfter(create({ enable: false }));
const open = timerAfter(create(), fire(0));
const holds = (condition: TimerCondition, state = timer): boolean => matches(condition, state);

describe('a condition', () => {
  it('holds for every timer when it names nothing', () => {
    for (const state of [timer, untagged, disabled, open]) expect(matches({}, state)).toBe(true);
  });

  it.each<[string, TimerCondition, TimerCondition]>([
    ['id', { id: timer.id }, { id: open.id.replace('1', '2') as typeof open.id }],
    ['namespace', { namespace: 'n' }, { namespace: 'N' }],
    ['key', { key: 'k' }, { key: 'kk' }],
    ['keyPrefix', { keyPrefix: 'k' }, { keyPrefix: 'kk' }],
    ['tags', { tags: ['paid'] }, { tags: ['us'] }],
    ['hookClass', { hookClass: 'h' }, { hookClass: '' }],
    ['status', { status: ['waiting', 'open'] }, { status: ['open'] }],
    ['enable', { enable: true }, { enable: false }],
    ['dueFrom', { dueFrom: at(0) }, { dueFrom: at(3_600_001) }],
    ['dueBefore', { dueBefore: at(3_600_001) }, { dueBefore: at(-1) }],
  ])('asks for %s where it is set', (_, right, wrong) => {
    expect([holds(right), holds(wrong)]).toEqual([true, false]);
  });

  it('knows what was given up from what was not', () => {
    const givenUp = { eventId: 'e', attempt: 1 } as unknown as NonNullable<typeof timer.givenUp>;
    const dead = { ...timer, givenUp };
    expect([holds({ givenUp: true }, dead), holds({ givenUp: false }, dead)]).toEqual([true, false]);
    expect([holds({ givenUp: true }), holds({ givenUp: false })]).toEqual([false, true]);
  });

  it('holds only if every part of it does', () => {
    expect(holds({ namespace: 'n', key: 'k', tags: ['eu'] })).toBe(true);
    expect(holds({ namespace: 'n', key: 'k', tags: ['us'] })).toBe(false);
  });

  it('tells a field that is set to nothing from one that is not set', () => {
    expect(holds({ key: '' })).toBe(false);
    expect(holds({ keyPrefix: '' })).toBe(true);
    expect(holds({ namespace: '' })).toBe(false);
    expect(holds({ status: [] })).toBe(false);
    expect(holds({ hookClass: '' }, timerAfter(create({ hookClass: '' })))).toBe(true);
  });

  it('wants all the tags it lists, and none if it lists none', () => {
    expect(holds({ tags: ['paid', 'eu', 'paid'] })).toBe(true);
    expect(holds({ tags: ['eu', 'us'] })).toBe(false);
    expect([holds({ tags: [] }), holds({ tags: [] }, untagged)]).toEqual([true, true]);
    expect(holds({ tags: ['eu'] }, untagged)).toBe(false);
  });

  it('knows children by their parent', () => {
    const parent = { timerId: 't9' as typeof timer.id, key: 'p', n: 1 };
    const child = { ...timer, spec: { ...timer.spec, parent } };
    expect([holds({ parentId: parent.timerId }, child), holds({ parentId: parent.timerId })]).toEqual([
      true,
      false,
    ]);
    expect(holds({ not: { parentId: parent.timerId } })).toBe(true);
  });

  it('takes _ and % in a prefix for themselves', () => {
    const odd = timerAfter(step({ ...create().wish, key: 'a_b%c' } as ReturnType<typeof create>['wish'], 0));
    expect(holds({ keyPrefix: 'a_b%' }, odd)).toBe(true);
    for (const keyPrefix of ['a%', '_', '%', 'aXb']) expect(holds({ keyPrefix }, odd)).toBe(false);
  });

  it('does not let a prefix end within a character', () => {
    const clock = timerAfter(step({ ...create().wish, key: '𝄞x' } as ReturnType<typeof create>['wish'], 0));
    expect(holds({ keyPrefix: '𝄞' }, clock)).toBe(true);
    expect(holds({ keyPrefix: '\ud834' }, clock)).toBe(false);
  });

  it('is due from a moment on and before another, and never without a next time', () => {
    const next = timer.nextFireAt ?? at(0);
    expect(holds({ dueFrom: next, dueBefore: (next + 1) as typeof next })).toBe(true);
    expect(holds({ dueBefore: next })).toBe(false);
    expect([holds({ dueFrom: at(-1e9) }, disabled), holds({ dueBefore: at(1e12) }, disabled)]).toEqual([
      false,
      false,
    ]);
  });

  it.each<[TimerStatus, typeof timer]>([
    ['waiting', timer],
    ['open', open],
    ['disabled', disabled],
    ['paused', timerAfter(create(), step({ type: 'PauseTimer' }, 1))],
    ['faulted', timerAfter(create(), step({ type: 'FaultTimer', reason: 'r' }, 1))],
    ['ended', timerAfter(create({ endAt: at(-1) }))],
  ])('finds a timer that is %s by that status alone', (status, state) => {
    const all = ['waiting', 'asking', 'open', 'paused', 'disabled', 'faulted', 'ended'] as const;
    expect(all.filter((each) => matches({ status: [each] }, state))).toEqual([status]);
  });
});

describe('conditions within a condition', () => {
  const yes: TimerCondition = { key: 'k' };
  const no: TimerCondition = { key: 'x' };
  it('and: every one, so also none at all', () => {
    expect(holds({ and: [yes, yes] })).toBe(true);
    expect(holds({ and: [yes, no] })).toBe(false);
    expect(holds({ and: [] })).toBe(true);
  });
  it('or: at least one, so never of none at all', () => {
    expect(holds({ or: [no, yes] })).toBe(true);
    expect(holds({ or: [no, no] })).toBe(false);
    expect(holds({ or: [] })).toBe(false);
  });
  it('not: the opposite, and twice is as it was', () => {
    expect([holds({ not: yes }), holds({ not: no })]).toEqual([false, true]);
    expect([holds({ not: { not: yes } }), holds({ not: { not: no } })]).toEqual([true, false]);
    expect([holds({ not: { and: [] } }), holds({ not: { or: [] } }), holds({ not: {} })]).toEqual([
      false,
      true,
      false,
    ]);
  });
  it('nest in any way, beside the parts of their own level', () => {
    expect(holds({ namespace: 'n', or: [{ and: [yes, { not: no }] }, no], not: { or: [no, no] } })).toBe(
      true,
    );
    expect(holds({ namespace: 'm', or: [yes] })).toBe(false);
    expect(holds({ not: { or: [{ not: { and: [yes, { tags: ['eu'] }] } }, no] } })).toBe(true);
  });
});
