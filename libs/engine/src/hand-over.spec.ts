import { describe, expect, it } from 'vitest';
import { ManualClock } from '#testing';
import { type GroupState, handOver } from './hand-over.js';

/** How long the leaving takes, ms, where the group stands so at each question; the last one counts from then on. */
async function leaving(states: readonly (GroupState | Error)[], answerMs = 0): Promise<number> {
  const clock = new ManualClock();
  const beganAt = clock.now();
  let asked = 0;
  const group = async (): Promise<GroupState> => {
    const state = states[Math.min(asked, states.length - 1)] ?? 'empty';
    asked += 1;
    await clock.sleep(answerMs);
    if (state instanceof Error) throw state;
    return state;
  };
  let leftAt: number | null = null;
  void handOver(group, clock.sleep).then(() => {
    leftAt = clock.now();
  });
  for (let tenths = 0; leftAt === null && tenths < 600; tenths += 1) await clock.advance(100);
  return (leftAt ?? Number.POSITIVE_INFINITY) - beganAt;
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
  it('waits no longer where the broker takes its time to fail, or says nothing at all', async () => {
    expect(await leaving([new Error('no broker')], 3_500)).toBe(6_000);
    expect(await leaving(['dealing'], 3_600_000)).toBe(6_000);
  });
  it('leaves no timer behind, and asks no more', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const group = async (): Promise<GroupState> => {
      asked += 1;
      return 'dealing';
    };
    const left = handOver(group, clock.sleep);
    await clock.advance(6_000);
    await left;
    const { waiting } = clock;
    const askedThen = asked;
    await clock.advance(60_000);
    expect([waiting, asked]).toEqual([0, askedThen]);
  });
});
