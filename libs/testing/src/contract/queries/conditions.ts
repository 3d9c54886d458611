import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { matches, statusOf, type TimerCondition, type TimerState } from '#timer';
import type { QueriesSubject, Stage } from '../subject.js';
import { apply, createTimer, deletion, update } from '../writing.js';
import { anyCondition } from './any-condition.js';
import { listAll, type Population, populate } from './population.js';

/** What the store finds is what the evaluator says. */
export const conditions = (stage: Stage<QueriesSubject>) =>
  describe('conditions', () => {
    let population: Population;
    beforeAll(async () => {
      population = await populate(stage, 3);
    });
    const found = async (condition: TimerCondition): Promise<TimerState[]> =>
      listAll(stage.subject.queries, population.among(condition), { order: 'id', limit: 1_000 });

    it('find every timer of every namespace when they name nothing', async () => {
      expect(byId(await found({}))).toEqual(byId(population.timers));
      const all = await listAll(stage.subject.queries, {}, { limit: 1_000 });
      expect(byId(all)).toEqual(expect.arrayContaining(byId(population.timers)));
    });

    it('find what the evaluator finds, whatever they say and however they nest', async () => {
      expect(new Set(population.timers.map(statusOf)).size).toBe(7);
      expect(population.timers.some(({ givenUp }) => givenUp !== null)).toBe(true);
      const property = fc.asyncProperty(anyCondition(population.timers), async (condition) => {
        const expected = population.timers.filter((state) => matches(condition, state));
        expect(byId(await found(condition))).toEqual(byId(expected));
        const counted = await stage.subject.queries.count(population.among(condition), 1_000);
        expect(counted).toEqual({ count: expected.length, isExact: true });
      });
      await fc.assert(property, { numRuns: 300 });
    });

    it('tell an empty part from an absent one', async () => {
      const count = async (condition: TimerCondition) => (await found(condition)).length;
      const all = population.timers.length;
      expect(await count({ key: '' })).toBe(0);
      expect(await count({ keyPrefix: '' })).toBe(all);
      expect(await count({ tags: [] })).toBe(all);
      expect(await count({ status: [] })).toBe(0);
      expect(await count({ and: [] })).toBe(all);
      expect(await count({ or: [] })).toBe(0);
      expect(await count({ not: {} })).toBe(0);
    });

    it('take _, % and \\ in a prefix for themselves', async () => {
      const keysOf = async (keyPrefix: string) =>
        (await found({ keyPrefix })).map(({ spec }) => spec.key).filter((key) => key.length <= 3);
      expect((await keysOf('a_')).toSorted()).toEqual(['a_b']);
      expect((await keysOf('a%')).toSorted()).toEqual(['a%b']);
      expect((await keysOf('_')).length + (await keysOf('%')).length).toBe(0);
      expect(await keysOf('\\')).toContain('\\');
    });

    it('find a timer by what it is now, not by what it was', async () => {
      const created = await createTimer(stage.log, { tags: ['before'] });
      const condition = (tag: string): TimerCondition => ({ id: created.id, tags: [tag] });
      const after = await apply(stage.log, created.id, update('after'));
      const { queries } = stage.subject;
      expect(await listAll(queries, condition('before'), { limit: 10 })).toEqual([]);
      expect(await listAll(queries, condition('after'), { limit: 10 })).toEqual([after]);
      await apply(stage.log, created.id, deletion);
      expect(await listAll(queries, condition('after'), { limit: 10 })).toEqual([]);
    });
  });

const byId = (states: readonly TimerState[]): TimerState[] =>
  states.toSorted((a, b) => (a.id < b.id ? -1 : 1));
