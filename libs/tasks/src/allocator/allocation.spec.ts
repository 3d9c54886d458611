import { beforeEach, describe, expect, it } from 'vitest';
import type { TaskOptions } from '../model/task.js';
import type { Claim } from '../ports.js';
import type { RunnerReport } from '../wire.js';
import { Allocation } from './allocation.js';
import type { Offer } from './backlog.js';
import { demandOf } from './placement.js';

const quiet = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
let nowMs: number;
let claims: Claim[];
let done: string[];
let allocation: Allocation;
beforeEach(() => {
  [nowMs, claims, done] = [0, [], []];
  allocation = new Allocation(
    { post: async (claim) => void claims.push(claim), now: () => nowMs, log: quiet },
    { silentAfterMs: 3_000, tellAgainMs: 1_000, backlogMax: 5 },
  );
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const report = (runner: string, more: Partial<RunnerReport> = {}): RunnerReport => ({
  runner,
  executors: ['init'],
  labels: {},
  resource: { cpu: 4, memory: 100 },
  parallelism: 10,
  capacity: 20,
  held: 0,
  heard: [],
  ...more,
});
const offer = (id: string, options: TaskOptions = {}, executor = 'init', attempt = 1): Offer => ({
  key: `${id}/${attempt}`,
  namespace: 'tasks',
  timerKey: id,
  eventId: id,
  attempt,
  demand: demandOf(executor, options),
  done: () => void done.push(`${id}/${attempt}`),
});
const given = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { runner } of claims) counts[runner] = (counts[runner] ?? 0) + 1;
  return counts;
};

describe('allocation', () => {
  it('gives each task to the least loaded, a batch evenly', async () => {
    allocation.reported(report('a', { held: 1 }));
    allocation.reported(report('b'));
    for (const id of ['1', '2', '3']) allocation.offer(offer(id));
    await turn();
    expect(given()).toEqual({ a: 1, b: 2 });
  });
  it('counts load by what a runner can do at a time', async () => {
    allocation.reported(report('big', { parallelism: 30, capacity: 60 }));
    allocation.reported(report('small'));
    for (let id = 1; id <= 4; id += 1) allocation.offer(offer(`${id}`));
    await turn();
    expect(given()).toEqual({ big: 3, small: 1 });
  });
  it('goes on counting what it gave until the runner tells of it', async () => {
    allocation.reported(report('a'));
    allocation.reported(report('b'));
    for (const id of ['1', '2']) allocation.offer(offer(id));
    await turn();
    allocation.reported(report('a', { held: 1, heard: ['1/1'] }));
    allocation.reported(report('b', { held: 5, heard: ['2/1'] }));
    allocation.offer(offer('3'));
    await turn();
    expect(claims.at(-1)).toMatchObject({ runner: 'a', key: '3' });
  });
  it('leaves a task that it cannot place to its own clock, and places the others', async () => {
    allocation.reported(report('a', { labels: { gpu: ['1'] } }));
    const broken = { executor: 'init', labels: { gpu: 1 as unknown as string }, resource: {} };
    allocation.offer({ ...offer('1'), demand: broken });
    allocation.offer(offer('2'));
    await turn();
    expect(claims.map(({ key }) => key)).toEqual(['2']);
    expect(done).toEqual(['1/1']);
    expect(allocation.waiting).toBe(0);
  });
  it('knows no labels by the names that every object has', async () => {
    allocation.reported(report('a'));
    for (const name of ['toString', '__proto__']) {
      const labels = JSON.parse(`{"${name}":"x"}`) as Record<string, string>;
      allocation.offer(offer(name, { labels }));
    }
    allocation.offer(offer('2'));
    await turn();
    expect(claims.map(({ key }) => key)).toEqual(['2']);
    expect(allocation.waiting).toBe(2);
  });
  it('asks for every label, whatever the case of its value, and leaves out runners without the key', async () => {
    const labels = { zone: 'EU', kind: 'ssd' };
    allocation.reported(report('none'));
    allocation.reported(report('half', { labels: { zone: ['eu'] } }));
    allocation.reported(report('both', { held: 9, labels: { zone: ['us', 'eu'], kind: ['SSD'] } }));
    allocation.offer(offer('1', { labels }));
    await turn();
    expect(given()).toEqual({ both: 1 });
  });
  it('asks for resources in all; 0 is no demand', async () => {
    allocation.reported(report('small', { resource: { cpu: 2, memory: 10 } }));
    allocation.reported(report('large', { held: 9 }));
    allocation.offer(offer('1', { resource: { cpu: 4 } }));
    allocation.offer(offer('2', { resource: { memory: 50 } }));
    allocation.offer(offer('3', { resource: { cpu: 0, memory: 0 } }));
    await turn();
    expect(claims.map(({ key, runner }) => `${key} ${runner}`).sort()).toEqual([
      '1 large',
      '2 large',
      '3 small',
    ]);
  });
  it('leaves a task that nobody can do for a runner that can', async () => {
    allocation.reported(report('a'));
    allocation.offer(offer('1', {}, 'other'));
    await turn();
    expect([given(), allocation.waiting]).toEqual([{}, 1]);
    allocation.reported(report('b', { executors: ['other'] }));
    await turn();
    expect([given(), allocation.waiting]).toEqual([{ b: 1 }, 0]);
  });
  it('does not let it hold up the others', async () => {
    allocation.reported(report('a'));
    allocation.offer(offer('1', { labels: { zone: 'mars' } }));
    allocation.offer(offer('2'));
    await turn();
    expect(claims.map(({ key }) => key)).toEqual(['2']);
  });
  it('keeps tasks back while every runner is full, and gives them as there is room', async () => {
    allocation.reported(report('a', { capacity: 2 }));
    for (const id of ['1', '2', '3']) allocation.offer(offer(id));
    await turn();
    expect([given(), allocation.waiting]).toEqual([{ a: 2 }, 1]);
    allocation.reported(report('a', { capacity: 2, held: 1, heard: ['1/1', '2/1'] }));
    await turn();
    expect(given()).toEqual({ a: 3 });
  });
  it('gives nothing to a runner that takes nothing: it stops, or the framework is off', async () => {
    allocation.reported(report('a', { capacity: 0 }));
    allocation.offer(offer('1'));
    await turn();
    expect(given()).toEqual({});
  });
  it('gives nothing more to a runner that is silent', async () => {
    allocation.reported(report('a'));
    nowMs = 2_000;
    allocation.reported(report('b', { held: 9 }));
    nowMs = 3_500;
    allocation.tick();
    allocation.offer(offer('1'));
    await turn();
    expect(given()).toEqual({ b: 1 });
  });
});

describe('a claim that its runner does not tell of', () => {
  beforeEach(async () => {
    allocation.reported(report('a'));
    allocation.offer(offer('1'));
    await turn();
    nowMs = 1_000;
  });
  it('is told again, the same', () => {
    allocation.tick();
    expect(claims).toHaveLength(2);
    expect(claims[1]).toEqual(claims[0]);
    expect(done).toEqual([]);
  });
  it('is not told again once it was heard, and its record is dealt with', () => {
    allocation.reported(report('a', { held: 1, heard: ['1/1'] }));
    allocation.tick();
    expect([claims.length, done, allocation.unheard]).toEqual([1, ['1/1'], 0]);
  });
  it('goes to another as the next attempt when the runner is silent', () => {
    nowMs = 4_000;
    allocation.reported(report('b'));
    allocation.tick();
    expect(claims.at(-1)).toMatchObject({ runner: 'b', attempt: 1, takeOver: true });
  });
  it('waits for room when the runner is silent and the others are full, for as long as it takes', () => {
    for (let again = 0; again < 20; again += 1) {
      nowMs += 1_000;
      allocation.reported(report('b', { held: 20 }));
      allocation.tick();
    }
    expect([given(), done, allocation.unheard]).toEqual([{ a: 3 }, [], 1]);
    allocation.reported(report('b', { held: 19 }));
    allocation.tick();
    expect(claims.at(-1)).toMatchObject({ runner: 'b', takeOver: true });
  });
  it('is left to its own clock after a few times', () => {
    for (let again = 0; again < 10; again += 1) {
      nowMs += 1_000;
      allocation.reported(report('a'));
      allocation.tick();
    }
    expect(claims).toHaveLength(5);
    expect([done, allocation.unheard]).toEqual([['1/1'], 0]);
  });
});

describe('a claim that another runner has, of which a former allocator never heard', () => {
  const refused = [{ key: '1/1', holder: 'b' }];
  beforeEach(async () => {
    allocation.reported(report('a'));
    allocation.offer(offer('1'));
    await turn();
  });
  it('is told to that one at once, the same attempt, and is dealt with when it has heard', () => {
    allocation.reported(report('b'));
    allocation.reported(report('a', { heard: ['1/1'], refused }));
    expect(claims).toMatchObject([{ runner: 'a' }, { runner: 'b', key: '1', attempt: 1 }]);
    expect(claims[1]).not.toHaveProperty('takeOver');
    expect(done).toEqual([]);
    allocation.reported(report('b', { held: 1, heard: ['1/1'] }));
    expect([done, allocation.unheard]).toEqual([['1/1'], 0]);
  });
  it('is told again while that one is there and says nothing, a few times', () => {
    allocation.reported(report('a', { heard: ['1/1'], refused }));
    for (let again = 0; again < 10; again += 1) {
      nowMs += 1_000;
      allocation.reported(report('b'));
      allocation.tick();
    }
    expect(given()).toEqual({ a: 1, b: 5 });
    expect([done, allocation.unheard]).toEqual([['1/1'], 0]);
  });
  const wait = (seconds: number): void => {
    for (let again = 0; again < seconds; again += 1) {
      nowMs += 1_000;
      allocation.reported(report('a'));
      allocation.tick();
    }
  };
  it('is told to that one also when it has only just begun, and is heard of after a while', () => {
    allocation.reported(report('a', { heard: ['1/1'], refused }));
    wait(10);
    expect([done, allocation.unheard]).toEqual([[], 1]);
    allocation.reported(report('b'));
    nowMs += 1_000;
    allocation.tick();
    expect(claims.at(-1)).toMatchObject({ runner: 'b', key: '1', attempt: 1 });
    allocation.reported(report('b', { held: 1, heard: ['1/1'] }));
    expect([done, allocation.unheard]).toEqual([['1/1'], 0]);
  });
  it('is left to its own clock, and taken from nobody, if that one is no runner of ours', () => {
    allocation.reported(report('a', { heard: ['1/1'], refused }));
    wait(16);
    expect(claims.filter(({ takeOver }) => takeOver === true)).toEqual([]);
    expect([done, allocation.unheard]).toEqual([['1/1'], 0]);
  });
});

describe('the backlog', () => {
  it('lets tasks of different demands take turns, also when there is room for one at a time', async () => {
    for (const id of ['1', '2']) allocation.offer(offer(id));
    for (const id of ['3', '4']) allocation.offer(offer(id, { resource: { cpu: 1 } }));
    for (let held = 0; held < 4; held += 1) {
      allocation.reported(
        report('a', { held, capacity: held + 1, heard: claims.map(({ key }) => `${key}/1`) }),
      );
      await turn();
    }
    expect(claims.map(({ key }) => key)).toEqual(['1', '3', '2', '4']);
  });
  it('takes a task that is offered twice once, and a later attempt for the former one', async () => {
    allocation.offer(offer('1'));
    allocation.offer(offer('1'));
    allocation.offer(offer('1', {}, 'init', 2));
    expect(done).toEqual(['1/1', '1/1']);
    allocation.reported(report('a'));
    await turn();
    expect(claims).toMatchObject([{ key: '1', attempt: 2 }]);
  });
  it('is bounded: the oldest of those that wait in greatest number is left to its own clock', async () => {
    for (const id of ['1', '2', '3', '4']) allocation.offer(offer(id, {}, 'other'));
    allocation.offer(offer('5'));
    allocation.offer(offer('6'));
    expect([allocation.waiting, done]).toEqual([5, ['1/1']]);
    allocation.reported(report('a'));
    await turn();
    expect(claims.map(({ key }) => key)).toEqual(['5', '6']);
  });
});
