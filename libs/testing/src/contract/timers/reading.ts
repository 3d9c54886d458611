import { expect, it } from 'vitest';
import { InvalidConditionError, InvalidCursorError, TimerNotExistError } from '#client';
import type { TimersStage } from './stage.js';

const unknownId = '018f0000-0000-7000-8000-00000000dead';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

export function reading(stage: TimersStage): void {
  it('finds a timer by its id, and by its key in the namespace of the client alone', async () => {
    const { timers } = stage;
    const made = await stage.hourly();
    expect(await timers.getTimerById(made.id)).toEqual(made);
    expect(await timers.getTimerByKey(made.key)).toEqual(made);
    const elsewhere = await stage.hourly({ namespace: `${timers.getDefaultNamespace()}.other` });
    await expect(timers.getTimerByKey(elsewhere.key)).rejects.toThrow(TimerNotExistError);
    const { namespace } = elsewhere;
    expect(await timers.getTimerByKey(elsewhere.key, { namespace })).toEqual(elsewhere);
    await expect(timers.getTimerById(unknownId)).rejects.toThrow(TimerNotExistError);
  });

  it.each(['.', '..'])('reads the timer that is meant by a name that no path holds: %s', async (dots) => {
    const { timers } = stage;
    const other = await stage.hourly();
    const made = await stage.hourly({ key: dots });
    expect(await timers.getTimerByKey(dots)).toEqual(made);
    expect(await timers.getTimerByKey(dots, { version: 1 })).toEqual(made);
    expect(await all(timers.history({ key: dots }))).toHaveLength(1);
    expect((await timers.nextFires({ key: dots }, { count: 1 })).fires).toHaveLength(1);
    expect((await timers.why({ key: dots })).findings.length).toBeGreaterThan(0);
    const elsewhere = await stage.hourly({ namespace: dots, key: other.id });
    expect(await timers.getTimerByKey(other.id, { namespace: dots })).toEqual(elsewhere);
    await expect(timers.getTimerByKey(dots, { namespace: dots })).rejects.toThrow(TimerNotExistError);
  });

  it('answers copies: changing one changes nothing else', async () => {
    const made = await stage.hourly({ tags: ['a'] });
    (made.tags as string[]).push('mine');
    expect((await stage.timers.getTimerByKey(made.key)).tags).toEqual(['a']);
  });

  it('gives every timer of every namespace when nothing is asked for', async () => {
    const { timers } = stage;
    const elsewhere = await stage.hourly({ namespace: `${timers.getDefaultNamespace()}.far` });
    const here = await stage.hourly();
    const ids = (await all(timers.getTimers({}, { limit: 3 }))).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([here.id, elsewhere.id]));
    expect(new Set(ids).size).toBe(ids.length);
    expect((await timers.count()).count).toBe(ids.length);
  });

  it('gives the timers for which all parts of a condition hold', async () => {
    const { timers } = stage;
    const namespace = timers.getDefaultNamespace();
    const prefix = stage.key('a_b%');
    for (const [end, tags] of [
      ['1', ['x', 'y']],
      ['2', ['x']],
    ] as const)
      await stage.hourly({ key: `${prefix}${end}`, tags: [...tags] });
    const keys = async (condition: Parameters<typeof timers.getTimers>[0]) =>
      (await all(timers.getTimers({ namespace, ...condition }, { order: 'key' }))).map(({ key }) => key);
    expect(await keys({ keyPrefix: prefix })).toEqual([`${prefix}1`, `${prefix}2`]);
    expect(await keys({ keyPrefix: prefix, tags: ['x', 'y'] })).toEqual([`${prefix}1`]);
    expect(await keys({ key: `${prefix}2` })).toEqual([`${prefix}2`]);
    // an exact key and a prefix are two parts, and both must hold
    expect(await keys({ key: `${prefix}2`, keyPrefix: `${prefix}1` })).toEqual([]);
    expect(await keys({ keyPrefix: prefix, not: { tags: ['y'] } })).toEqual([`${prefix}2`]);
    expect(await timers.count({ namespace, keyPrefix: prefix }, { max: 1 })).toEqual({
      count: 1,
      isExact: false,
    });
  });

  it('gives them in the order that a condition has by nature: by key, or what is due first first', async () => {
    const { timers } = stage;
    const namespace = `${timers.getDefaultNamespace()}.${stage.key('ordered')}`;
    const tags = [stage.key('ordered')];
    for (const [key, hours] of [
      ['b', 2],
      ['a', 3],
      ['c', 1],
    ] as const)
      await stage.hourly({ namespace, key, tags, startAt: `2040-01-01T0${hours}:00:00Z` });
    const keys = async (condition: Parameters<typeof timers.getTimers>[0]) =>
      (await all(timers.getTimers(condition, { limit: 2 }))).map(({ key }) => key);
    expect(await keys({ namespace })).toEqual(['a', 'b', 'c']);
    expect(await keys({ tags, dueBefore: '2041-01-01T00:00:00Z' })).toEqual(['c', 'b', 'a']);
  });

  it('goes from page to page, and takes no cursor of another query', async () => {
    const { timers } = stage;
    const tags = [stage.key('paged')];
    for (let count = 0; count < 5; count += 1) await stage.hourly({ tags });
    const first = await timers.getTimerPage({ tags }, { limit: 3, order: 'key' });
    expect(first.timers.length).toBe(3);
    const after = first.next ?? '';
    const second = await timers.getTimerPage({ tags }, { limit: 3, order: 'key', after });
    expect(second.timers.length).toBe(2);
    expect(second).not.toHaveProperty('next');
    await expect(timers.getTimerPage({ tags: ['other'] }, { order: 'key', after })).rejects.toThrow(
      InvalidCursorError,
    );
  });

  it('tells which part of a condition makes no sense', async () => {
    const wrong = stage.timers.getTimerPage({ or: [{ dueFrom: 'soon' }] });
    await expect(wrong).rejects.toThrow(InvalidConditionError);
    await expect(wrong).rejects.toMatchObject({ field: 'condition.or.0.dueFrom' });
  });

  it('tells what a timer was, and everything that happened to it, also after its end', async () => {
    const { timers } = stage;
    const { id, key } = await stage.hourly();
    const commandId = '018f0000-0000-7000-8000-0000000000c1';
    await timers.updateTimer({ key }, { tags: ['later'] }, { commandId, actor: 'mia' });
    await timers.deleteTimer({ key });
    expect(await timers.getTimerById(id, { version: 1 })).toMatchObject({ version: 1, tags: [] });
    expect(await timers.getTimerById(id, { version: 2 })).toMatchObject({ tags: ['later'] });
    const events = await all(timers.history({ key }, { limit: 2 }));
    expect(events.map(({ type }) => type)).toEqual(['TimerCreated', 'TimerUpdated', 'TimerDeleted']);
    expect(events[1]).toMatchObject({ version: 2, commandId, actor: 'mia' });
    expect(await all(timers.history({ timerId: id }, { after: 2 }))).toHaveLength(1);
    await expect(all(timers.history({ timerId: unknownId }))).rejects.toThrow(TimerNotExistError);
  });
}
