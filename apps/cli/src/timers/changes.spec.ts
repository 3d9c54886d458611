import { afterEach, describe, expect, it, vi } from 'vitest';
import { withClient } from '../connection.js';
import { closeEvent, deleteTimer, pauseTimer, resumeTimer, triggerTimer, updateTimer } from './changes.js';

vi.mock('../connection.js', () => ({ withClient: vi.fn(async () => 0) }));
afterEach(() => vi.clearAllMocks());

describe('every command on a timer', () => {
  it.each([
    ['update', (flags) => updateTimer('t', { ...flags, set: ['enable=false'] })],
    ['trigger', (flags) => triggerTimer('t', flags)],
    ['close', (flags) => closeEvent('t', flags)],
    ['pause', (flags) => pauseTimer('t', flags)],
    ['resume', (flags) => resumeTimer('t', flags)],
    ['delete', (flags) => deleteTimer('t', flags)],
  ] as [string, (flags: { readonly timeout: string; readonly namespace: string }) => Promise<number>][])(
    'waits as long as it was told: %s',
    async (_, run) => {
      await run({ timeout: '2.5', namespace: 'n' });
      expect(vi.mocked(withClient).mock.lastCall?.[0]).toEqual({ namespace: 'n', timeoutMs: 2_500 });
    },
  );
});
