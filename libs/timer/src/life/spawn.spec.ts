import { describe, expect, it } from 'vitest';
import { type ChildSpawned, createChild, statusOf, type TimerId } from '#timer';
import { at, create, eventId, given, run, type Step, step, timerAfter } from '../spec-dsl.js';

const second = 1_000;
const parent = (spawn: object = {}, more: object = {}) =>
  create({
    schedPolicyExpr: '10s',
    hookClass: '',
    startAt: at(0),
    spawn: { timer: { hookClass: 'work', data: { text: 'x' }, tags: ['t'] }, ...spawn },
    ...more,
  });
const childId = (n: number) => `child-${n}` as TimerId;
const tick = (ms: number, n: number): Step =>
  step({ type: 'FireDue', eventId: eventId(`e${n}`), child: { id: childId(n), key: `k:${n}` } }, ms);
const childEnds = (ms: number, n: number): Step =>
  step({ type: 'EndChild', parentId: 't1' as TimerId, childId: childId(n) }, ms);
const spawned = (n: number) =>
  ({ type: 'ChildSpawned', childId: childId(n), childKey: `k:${n}`, n }) as const;

describe('a tick of a spawning timer', () => {
  it('makes one child and is over at once', () => {
    const after = given(parent())
      .when(tick(5, 1))
      .then({ type: 'EventTriggered' }, spawned(1), { type: 'EventClosed', nextFireAt: at(10 * second) });
    expect(after).toMatchObject({ children: [childId(1)], fires: 1, open: null });
  });
  it('makes nothing while nobody has named the child', () =>
    given(parent())
      .when(step({ type: 'FireDue', eventId: eventId() }, 5))
      .thenNothing());
  it('gives the child the template, the tick as its time, and says whose it is', () => {
    const state = timerAfter(parent(), tick(5, 1));
    const event: ChildSpawned = {
      type: 'ChildSpawned',
      at: at(5),
      nextFireAt: null,
      childId: childId(1),
      childKey: 'k:1',
      n: 1,
      scheduledFor: at(0),
    };
    expect(createChild(state, event)).toMatchObject([
      {
        type: 'TimerCreated',
        timerId: childId(1),
        nextFireAt: at(0),
        spec: {
          namespace: 'n',
          key: 'k:1',
          hookClass: 'work',
          data: { text: 'x' },
          tags: ['t'],
          schedPolicyType: 'ONCE',
          parent: { timerId: 't1', key: 'k', n: 1 },
        },
      },
    ]);
  });
});

describe('overlap', () => {
  it('skip drops a tick while a child is open, with the reason, and goes on after its end', () => {
    const busy = [parent({ overlap: 'skip' }), tick(0, 1)];
    given(...busy)
      .when(tick(10 * second, 2))
      .then({ type: 'TicksDropped', reason: 'overlap', first: at(10 * second), nextFireAt: at(20 * second) });
    given(...busy, tick(10 * second, 2), childEnds(12 * second, 1))
      .when(tick(20 * second, 2))
      .then({ type: 'EventTriggered', scheduledFor: at(20 * second) }, spawned(2), { type: 'EventClosed' });
  });
  it('queueOne keeps one tick, drops those behind it, and spawns it when the child ends', () => {
    const busy = [parent({ overlap: 'queueOne' }), tick(0, 1)];
    given(...busy)
      .when(tick(10 * second, 2))
      .then({ type: 'TickQueued', scheduledFor: at(10 * second), nextFireAt: at(20 * second) });
    const queued = [...busy, tick(10 * second, 2)];
    given(...queued)
      .when(tick(20 * second, 2))
      .then({ type: 'TicksDropped', reason: 'overlap', nextFireAt: at(30 * second) });
    const ended = [...queued, tick(20 * second, 2), childEnds(25 * second, 1)];
    expect(timerAfter(...ended).nextFireAt).toBe(at(10 * second));
    const after = given(...ended)
      .when(tick(25 * second, 2))
      .then(
        { type: 'EventTriggered', scheduledFor: at(10 * second) },
        { ...spawned(2), scheduledFor: at(10 * second) },
        { type: 'EventClosed', nextFireAt: at(30 * second) },
      );
    expect(after).toMatchObject({ waitingTick: null, children: [childId(2)] });
  });
  it('allow spawns beside up to openMax, and drops beyond', () => {
    const full = [parent({ overlap: 'allow', openMax: 2 }), tick(0, 1), tick(10 * second, 2)];
    expect(timerAfter(...full).children).toEqual([childId(1), childId(2)]);
    given(...full)
      .when(tick(20 * second, 3))
      .then({ type: 'TicksDropped', reason: 'overlap' });
  });
  it('a person who triggers does not wait for children, up to openMax', () => {
    const trigger = (ms: number) => step({ type: 'TriggerTimer', requestId: 'r' }, ms);
    given(parent({ overlap: 'skip' }), tick(0, 1), trigger(1))
      .when(tick(2, 2))
      .then({ type: 'EventTriggered', manualRequestId: 'r' }, spawned(2), { type: 'EventClosed' });
    given(parent({ openMax: 1 }), tick(0, 1))
      .when(trigger(1))
      .rejected('event-open');
  });
  it('a timer whose last tick waits ends after that tick, not before', () => {
    const last = [
      parent({ overlap: 'queueOne' }, { endAt: at(10 * second) }),
      tick(0, 1),
      tick(10 * second, 2),
    ];
    expect(statusOf(timerAfter(...last))).toBe('waiting');
    given(...last, childEnds(11 * second, 1))
      .when(tick(11 * second, 2))
      .then({ type: 'EventTriggered' }, spawned(2), { type: 'EventClosed', ended: { reason: 'end-at' } });
  });
});

describe("a child's end", () => {
  it('is told once; told again, or of a former parent, it changes nothing', () => {
    const told = [parent(), tick(0, 1), childEnds(5, 1)];
    expect(timerAfter(...told).children).toEqual([]);
    given(...told)
      .when(childEnds(6, 1))
      .thenNothing();
    given(parent(), tick(0, 1))
      .when(step({ type: 'EndChild', parentId: 'another' as TimerId, childId: childId(1) }, 5))
      .thenNothing();
  });
  it('carries the parent, whether the child ended or was deleted', () => {
    const ref = { timerId: 't1' as TimerId, key: 'k', n: 1 };
    const once = timerAfter(create({ schedPolicyType: 'ONCE', schedPolicyExpr: '1s' }));
    const child = { ...once, spec: { ...once.spec, parent: ref } };
    const fired = run(child, step({ type: 'FireDue', eventId: eventId('c') }, second)).after;
    const closed = run(fired, step({ type: 'CloseEvent', eventId: eventId('c') }, second + 1)).decision;
    expect(closed).toMatchObject({
      events: [{ type: 'EventClosed', ended: { reason: 'done', parent: ref } }],
    });
    const deleted = run(child, step({ type: 'DeleteTimer' }, 1)).decision;
    expect(deleted).toMatchObject({ events: [{ type: 'TimerDeleted', parent: ref }] });
  });
});

describe('the spec of a spawning timer', () => {
  it.each([
    ['hookClass', parent({}, { hookClass: 'own' })],
    ['spawn', parent({}, { schedPolicyType: 'AFTER_FINISH' })],
    ['spawn.openMax', parent({ openMax: 0 })],
    ['spawn.timer.ackTimeout', parent({ timer: { ackTimeout: 'soon' } })],
    ['spawn.timer.hookClass', parent({ timer: { hookClass: 'no spaces' } })],
  ])('is refused for %s where it makes no sense', (field, step) =>
    given().when(step).rejected('invalid-spec', field),
  );
  it('is changed in part by an update, and null ends the spawning and forgets the tick that waits', () => {
    const update = (spawn: object | null, ms: number) =>
      step({ type: 'UpdateTimer', set: { spawn } as never }, ms);
    const changed = timerAfter(parent({ overlap: 'queueOne' }), update({ timer: { ackTimeout: '5s' } }, 1));
    expect(changed.spec.spawn).toMatchObject({
      overlap: 'queueOne',
      timer: { ackTimeout: '5s', hookClass: 'work', data: { text: 'x' } },
    });
    const waiting = [parent({ overlap: 'queueOne' }), tick(0, 1), tick(10 * second, 2)];
    const ended = timerAfter(...waiting, update(null, 11 * second));
    expect([ended.waitingTick, ended.spec.spawn, ended.nextFireAt]).toEqual([null, null, at(20 * second)]);
  });
});
