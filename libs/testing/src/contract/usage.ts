import { describe, expect, it } from 'vitest';
import { freshName, type Stage } from './subject.js';
import {
  apply,
  closing,
  createTimer,
  creation,
  deletion,
  fire,
  hourly,
  loadWith,
  newCommandId,
  present,
  request,
  streamOf,
  transact,
  update,
  writing,
} from './writing.js';

/** How many live timers a namespace has, once somebody wants to know. */
export const usage = (stage: Stage) =>
  describe('the live timers of a namespace', () => {
    const inNamespace = (namespace: string, timer = {}, key = freshName()) =>
      createTimer(stage.log, timer, { namespace, key });
    const timersOf = async (namespace: string) => (await stage.subject.usage.read()).get(namespace);

    it('are not counted before somebody asks for it', async () => {
      const namespace = freshName();
      await inNamespace(namespace);
      expect(await timersOf(namespace)).toBeUndefined();
      const { usage } = await loadWith(stage.log, { usageOf: [{ namespace, key: 'k' }] });
      expect(present(usage).has(namespace)).toBe(false);
    });

    it('are those that were there, and from then on those that come and go', async () => {
      const namespace = freshName();
      const [first] = [await inNamespace(namespace), await inNamespace(namespace)];
      await stage.subject.usage.count([namespace]);
      expect(await timersOf(namespace)).toBe(2);
      await inNamespace(namespace);
      await apply(stage.log, first.id, update('still one'));
      expect(await timersOf(namespace)).toBe(3);
      await apply(stage.log, first.id, deletion);
      expect(await timersOf(namespace)).toBe(2);
      await stage.subject.usage.count([namespace]);
      expect(await timersOf(namespace)).toBe(2);
    });

    it('do not include one that has ended, until it is begun anew', async () => {
      const namespace = freshName();
      await stage.subject.usage.count([namespace]);
      const { id } = await inNamespace(namespace, { maxFires: 1 });
      const { state } = await fire(stage.log, id);
      expect(await timersOf(namespace)).toBe(1);
      await apply(stage.log, id, () => closing(state));
      expect(await timersOf(namespace)).toBe(0);
      await apply(stage.log, id, () => ({
        type: 'UpdateTimer',
        commandId: newCommandId(),
        set: { maxFires: 2 },
      }));
      expect(await timersOf(namespace)).toBe(1);
    });

    it('are told to a transaction by a name that is not there yet, and by an id', async () => {
      const [named, other] = [freshName(), freshName()];
      await stage.subject.usage.count([named, other]);
      const { id } = await inNamespace(other);
      const { usage } = await loadWith(stage.log, {
        usageOf: [{ namespace: named, key: 'k' }, { timerId: id }],
      });
      expect(usage).toEqual(
        new Map([
          [named, 0],
          [other, 1],
        ]),
      );
    });

    it('change with their transaction or not at all', async () => {
      const namespace = freshName();
      await stage.subject.usage.count([namespace]);
      const names = [freshName(), freshName()].map((key) => ({ namespace, key }));
      const failing = stage.log.transact(request({ targets: names }), ({ now }) => {
        const all = names.map((name) => streamOf(null, creation(name, hourly, now), now));
        return writing(...all, ...all.slice(0, 1));
      });
      await expect(failing).rejects.toThrow();
      expect(await timersOf(namespace)).toBe(0);
      await transact(stage.log, request({ targets: names }), ({ now }) =>
        writing(...names.map((name) => streamOf(null, creation(name, hourly, now), now))),
      );
      expect(await timersOf(namespace)).toBe(2);
    });

    it('are counted right while several write, and several begin to count', async () => {
      const namespace = freshName();
      const writers = await stage.others(4);
      let isCounted = false;
      const made = writers.map(async ({ log }) => {
        let live = 0;
        for (let after = 0; after < 5; after += isCounted ? 1 : 0) {
          const { id } = await createTimer(log, {}, { namespace, key: freshName() });
          if (live % 3 === 2) await apply(log, id, deletion);
          live += 1;
          if (live > 10_000) throw new Error('counting never came to an end');
        }
        return live;
      });
      await Promise.all([stage.subject, ...writers].map(({ usage }) => usage.count([namespace])));
      isCounted = true;
      const live = (await Promise.all(made)).reduce(
        (sum, rounds) => sum + rounds - Math.floor(rounds / 3),
        0,
      );
      expect(await timersOf(namespace)).toBe(live);
    });
  });
