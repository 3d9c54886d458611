import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidCursorError, pageBytesMax, type TimerOrder } from '#engine';
import type { TimerState } from '#timer';
import { freshName, type QueriesSubject, type Stage } from '../subject.js';
import { apply, createTimer, deletion, present } from '../writing.js';
import { listAll, type Population, populate } from './population.js';

const orders: readonly TimerOrder[] = ['id', 'key', 'nextFireTime'];

export const pages = (stage: Stage<QueriesSubject>) =>
  describe('pages', () => {
    let population: Population;
    beforeAll(async () => {
      population = await populate(stage, 2);
    });

    it.each(orders)('in the order of %s show each timer once, however long they are', async (order) => {
      const expected = population.timers.toSorted((a, b) => compare(order, a, b)).map(({ id }) => id);
      for (const limit of [1, 7, 1_000]) {
        const all = await listAll(stage.subject.queries, population.among({}), { order, limit });
        expect(all.map(({ id }) => id)).toEqual(expected);
      }
    });

    it('have a next one only if there is more', async () => {
      const { queries } = stage.subject;
      const { length } = population.timers;
      const page = (limit: number) => queries.list(population.among({}), { order: 'id', limit, after: null });
      expect((await page(length)).next).toBeNull();
      expect((await page(length - 1)).next).not.toBeNull();
      expect(await queries.list({ key: '' }, { limit: 10, after: null })).toEqual({ timers: [], next: null });
    });

    it('choose an order by themselves when none is asked for', async () => {
      const all = await listAll(stage.subject.queries, population.among({ dueFrom: present(moment(0)) }), {
        limit: 3,
      });
      const due = population.timers.filter(({ nextFireAt }) => nextFireAt !== null);
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set(due.map(({ id }) => id)));
      expect(all).toHaveLength(due.length);
    });

    it('stay where they were when timers come and go meanwhile', async () => {
      const { queries } = stage.subject;
      const namespace = freshName();
      const make = (key: string) => createTimer(stage.log, {}, { namespace, key });
      const [a, b, d] = [await make('a'), await make('b'), await make('d')];
      const first = await queries.list({ namespace }, { order: 'key', limit: 2, after: null });
      await apply(stage.log, b.id, deletion);
      await make('aa');
      const c = await make('c');
      const second = await queries.list({ namespace }, { order: 'key', limit: 2, after: first.next });
      expect([...first.timers, ...second.timers].map(({ id }) => id)).toEqual([a.id, b.id, c.id, d.id]);
      expect(second.next).toBeNull();
    });

    it('refuse the cursor of another condition, of another order, and one that is none', async () => {
      const { queries } = stage.subject;
      const { next } = await queries.list(population.among({}), { order: 'id', limit: 1, after: null });
      const again = (order: TimerOrder, after: string | null, condition = population.among({})) =>
        queries.list(condition, { order, limit: 1, after });
      await expect(again('key', next)).rejects.toBeInstanceOf(InvalidCursorError);
      await expect(again('id', next, {})).rejects.toBeInstanceOf(InvalidCursorError);
      await expect(again('id', 'nonsense')).rejects.toBeInstanceOf(InvalidCursorError);
    });

    it('are bounded in bytes too, and lose nothing for it', async () => {
      const namespace = freshName();
      const data = { text: 'x'.repeat(256 * 1024) };
      const ids: string[] = [];
      for (let n = 0; n < 20; n += 1)
        ids.push((await createTimer(stage.log, { data }, { namespace, key: `${n}` })).id);
      const { queries } = stage.subject;
      const first = await queries.list({ namespace }, { order: 'id', limit: 100, after: null });
      expect(first.timers.length).toBeLessThanOrEqual(Math.ceil(pageBytesMax / data.text.length) + 1);
      expect(first.timers.length).toBeGreaterThan(1);
      const all = await listAll(queries, { namespace }, { order: 'id', limit: 100 });
      expect(all.map(({ id }) => id)).toEqual(ids.toSorted());
    });

    it('count up to a bound, and say whether they came to it', async () => {
      const { queries } = stage.subject;
      const { length } = population.timers;
      const count = (max: number) => queries.count(population.among({}), max);
      expect(await count(length)).toEqual({ count: length, isExact: true });
      expect(await count(length - 1)).toEqual({ count: length - 1, isExact: false });
      expect(await queries.count({ key: '' }, 10)).toEqual({ count: 0, isExact: true });
    });
  });

const moment = (at: number) => at as TimerState['nextFireAt'];

function compare(order: TimerOrder, a: TimerState, b: TimerState): number {
  const text = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
  if (order === 'key') return text(a.spec.key, b.spec.key) || text(a.spec.namespace, b.spec.namespace);
  const first = order === 'id' ? 0 : Math.sign((a.nextFireAt ?? 1e16) - (b.nextFireAt ?? 1e16));
  return first || text(a.id, b.id);
}
