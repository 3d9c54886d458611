import { describe, expect, it } from 'vitest';
import { type GroupState, handOver } from './hand-over.js';

function leaving(states: readonly (GroupState | Error)[]) {
  let asked = 0;
  let sleptMs = 0;
  const group = async (): Promise<GroupState> => {
    const state = states[Math.min(asked, states.length - 1)] ?? 'empty';
    asked += 1;
    if (state instanceof Error) throw state;
    return state;
  };
  const sleep = async (ms: number): Promise<void> => {
    sleptMs += ms;
  };
  return handOver(group, sleep).then(() => sleptMs);
}

describe('handing over', () => {
  it('waits for those who stay, and a moment more', async () => {
    expect(await leaving(['dealing', 'dealing', 'dealt'])).toBe(2 * 200 + 300);
  });
  it('does not wait for nobody', async () => {
    expect(await leaving(['empty'])).toBe(0);
  });
  it('waits no longer than it may, also when the group does not answer', async () => {
    expect(await leaving(['dealing'])).toBe(6_000);
    expect(await leaving([new Error('no broker')])).toBe(6_000);
  });
});
