import { afterEach, expect, it, vi } from 'vitest';
import { watchTimers } from './reads.js';

const change = { recordedAt: '2026-11-26T09:00:00.000Z', namespace: 'n', key: 'k', type: 'TimerCreated' };
async function* changes() {
  for (const version of [1, 2, 3]) yield { ...change, version };
}
vi.mock('../connection.js', () => ({
  withClient: (_: unknown, work: (client: unknown) => unknown) => work({ watch: changes }),
}));
afterEach(() => vi.restoreAllMocks());

it('a watch of so many changes tells no more, though others came with them', async () => {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await watchTimers({ count: '2', json: true })).toBe(0);
  expect(out.mock.calls.map(([line]) => JSON.parse(String(line)).version)).toEqual([1, 2]);
});
