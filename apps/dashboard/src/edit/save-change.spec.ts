import { expect, it } from 'vitest';
import type { Ask } from '../api/http.ts';
import type { Timer } from '../api/types.ts';
import { saveChange } from './save-change.ts';

const opened = { id: 'x', key: 'often', version: 1, tags: ['a'], eventStatus: 'IDLE' } as unknown as Timer;

/** A server that holds this timer, as the API answers for it. */
function serverOf(held: Timer) {
  const changes: unknown[] = [];
  const send = async ({ method = 'GET', body, version }: Ask): Promise<Timer> => {
    if (method === 'GET') return held;
    if (version !== held.version)
      throw Object.assign(new Error(`it is at ${held.version}`), { code: 'version-not-match' });
    changes.push(body);
    return { ...held, version: held.version + 1 };
  };
  return { send, changes };
}
const set = { tags: ['b'] };

it('a change of a timer that has fired since the page was opened is saved', async () => {
  const { send, changes } = serverOf({ ...opened, version: 11, eventStatus: 'TRIGGER' });
  expect(await saveChange(opened, set, send)).toMatchObject({ version: 12 });
  expect(changes).toEqual([set]);
});
it('a change of what somebody has changed meanwhile is refused', async () => {
  const { send, changes } = serverOf({ ...opened, version: 11, tags: ['c'] });
  await expect(saveChange(opened, set, send)).rejects.toMatchObject({ code: 'version-not-match' });
  expect(changes).toEqual([]);
});
it('any other refusal is told as it is', async () => {
  const send = () => Promise.reject(Object.assign(new Error('no'), { code: 'invalid-spec' }));
  await expect(saveChange(opened, set, send)).rejects.toMatchObject({ code: 'invalid-spec' });
});
