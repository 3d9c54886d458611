import { describe, expect, it } from 'vitest';
import { type CommandId, mintTimerId, slotOf } from '#timer';
import { ByDatabase } from '../log/databases.js';
import type { CommandOutcomes, RefusedCommand } from './command-outcomes.js';
import { MergedCommandOutcomes } from './merged-command-outcomes.js';

const id = '00000000-0000-7000-8000-000000000001' as CommandId;
const rejection: RefusedCommand = {
  rejection: { code: 'timer-exists', message: 'it is there' },
  value: null,
};
const name = { namespace: 'n', key: 'k' };
const timerId = mintTimerId(1, slotOf('n', 'k'), new Uint8Array(9));

const knowing = (known: RefusedCommand | null): CommandOutcomes => ({
  rejectionOf: async () => known,
  appliedTo: async () => (known === null ? null : { timerId, version: 1 }),
});
const away: CommandOutcomes = {
  rejectionOf: () => Promise.reject(new Error('away')),
  appliedTo: () => Promise.reject(new Error('away')),
};
/** The timer's own database first, the other one second. */
const merged = (own: CommandOutcomes, other: CommandOutcomes) =>
  new MergedCommandOutcomes(new ByDatabase(slotOf('n', 'k') % 2 === 0 ? [own, other] : [other, own]));

describe('what became of a command, where several databases know', () => {
  it('is asked where the timer lies, by its name or id, whatever becomes of the others', async () => {
    for (const target of [name, { timerId }]) {
      expect(await merged(knowing(rejection), away).rejectionOf(id, target)).toEqual(rejection);
      expect(await merged(knowing(rejection), away).appliedTo(target, id)).toEqual({ timerId, version: 1 });
      await expect(merged(away, knowing(rejection)).rejectionOf(id, target)).rejects.toThrow('away');
    }
  });

  it('is asked of all where no timer is named', async () => {
    expect(await merged(knowing(null), knowing(rejection)).rejectionOf(id, null)).toEqual(rejection);
    expect(await merged(knowing(null), knowing(null)).rejectionOf(id, null)).toBeNull();
    await expect(merged(knowing(null), away).rejectionOf(id, null)).rejects.toThrow('away');
  });
});
