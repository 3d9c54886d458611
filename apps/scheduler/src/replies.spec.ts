import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CommandOutcome, Outcome } from '#engine';
import type { OutRecord, ReplyAddress } from '#kafka';
import { decide, type EpochMs, evolve, type TimerId, type TimerState } from '#timer';
import { foldedEventsMax, lookedUpMax, Replies } from './replies.js';

const timerId = '01900000-0000-7000-8000-000000000000' as TimerId;
const state = ((): TimerState => {
  const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' };
  const decision = decide(
    null,
    { type: 'CreateTimer', commandId: null as never, timerId, namespace: 'n', key: 'k', timer },
    0 as EpochMs,
  );
  if (!decision.ok) throw new Error(decision.rejection.message);
  const after = decision.events.reduce<TimerState | null>(
    (before, event, index) => evolve(before, { version: index + 1, commandId: null, event }),
    null,
  );
  if (after === null) throw new Error('a creation makes a timer');
  return after;
})();
const address = { topic: 'replies', partition: 0, correlationId: 'c' } as unknown as ReplyAddress;
const told = (outcome: Outcome): CommandOutcome<ReplyAddress> =>
  ({ envelope: { reply: address }, outcome }) as unknown as CommandOutcome<ReplyAddress>;
const repeated = (known: TimerState | null): CommandOutcome<ReplyAddress> =>
  told({ kind: 'repeated', timerId, version: 1, state: known });

function setUp() {
  const sent: OutRecord[] = [];
  const asked: unknown[][] = [];
  const answers: ((state: TimerState | null) => void)[] = [];
  const replies = new Replies(
    {
      stateAt: (...args) => {
        asked.push(args);
        return new Promise((resolve) => answers.push(resolve));
      },
    },
    { send: async (records) => void sent.push(...records) },
  );
  return { replies, sent, asked, answers };
}
const bodies = (sent: readonly OutRecord[]) => sent.map(({ value }) => JSON.parse(String(value)));

describe('replies to repeated commands', () => {
  it('are told from what the transaction had loaded, without a look into the history', async () => {
    const { replies, sent, asked } = setUp();
    await replies.send([repeated(state)]);
    expect(bodies(sent)).toMatchObject([{ ok: true, timer: { id: timerId, key: 'k' } }]);
    expect(asked).toEqual([]);
  });

  it('look histories up one after the other, of so many events at most, and hold nobody else up', async () => {
    const { replies, sent, asked, answers } = setUp();
    const first = replies.send([repeated(null), repeated(null), told({ kind: 'applied', state })]);
    const second = replies.send([repeated(null), told({ kind: 'applied', state })]);
    await setImmediate();
    expect(sent).toHaveLength(2);
    for (const count of [1, 2, 3]) {
      expect(asked).toHaveLength(count);
      answers[count - 1]?.(count === 3 ? null : state);
      await setImmediate();
    }
    await Promise.all([first, second]);
    expect(asked).toEqual(Array.from({ length: 3 }, () => [timerId, 1, foldedEventsMax]));
    expect(bodies(sent).slice(2)).toMatchObject([
      { ok: true, timer: { key: 'k' } },
      { ok: true, timer: { key: 'k' } },
      { ok: true, timer: { id: timerId, version: 1 } },
    ]);
  });

  it('say id and version alone where too many wait, and go on after a failure', async () => {
    const { replies, sent, answers } = setUp();
    const many = Array.from({ length: lookedUpMax + 3 }, () => repeated(null));
    const sending = replies.send(many);
    await setImmediate();
    expect(bodies(sent)).toEqual([3, 2, 1].map(() => ({ ok: true, timer: { id: timerId, version: 1 } })));
    for (let count = 0; count < lookedUpMax; count += 1) {
      answers[count]?.(state);
      await setImmediate();
    }
    await sending;
    expect(sent).toHaveLength(many.length);
  });
});
