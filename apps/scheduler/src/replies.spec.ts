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
const repeated = (known: TimerState | null, version = 1): CommandOutcome<ReplyAddress> =>
  told({ kind: 'repeated', timerId, version, state: known });

function setUp() {
  const sent: OutRecord[] = [];
  const asked: unknown[][] = [];
  const answers: ((state: TimerState | null) => void)[] = [];
  const failures: ((error: Error) => void)[] = [];
  const replies = new Replies(
    {
      stateAt: (...args) => {
        asked.push(args);
        return new Promise((resolve, reject) => {
          answers.push(resolve);
          failures.push(reject);
        });
      },
    },
    { send: async (records) => void sent.push(...records) },
  );
  return { replies, sent, asked, answers, failures };
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
    const first = replies.send([repeated(null, 1), repeated(null, 2), told({ kind: 'applied', state })]);
    const second = replies.send([repeated(null, 3), told({ kind: 'applied', state })]);
    await setImmediate();
    expect(sent).toHaveLength(2);
    for (const count of [1, 2, 3]) {
      expect(asked).toHaveLength(count);
      answers[count - 1]?.(count === 3 ? null : state);
      await setImmediate();
    }
    await Promise.all([first, second]);
    expect(asked).toEqual([1, 2, 3].map((version) => [timerId, version, foldedEventsMax]));
    expect(bodies(sent).slice(2)).toMatchObject([
      { ok: true, timer: { key: 'k' } },
      { ok: true, timer: { key: 'k' } },
      { ok: true, timer: { id: timerId, version: 3 } },
    ]);
  });

  it('share one look-up of one version, as long as it waits or runs', async () => {
    const { replies, sent, asked, answers } = setUp();
    const first = replies.send([repeated(null, 1), repeated(null, 2), repeated(null, 2)]);
    await setImmediate();
    const second = replies.send([repeated(null, 1), repeated(null, 2)]);
    answers[0]?.(state);
    await setImmediate();
    expect(sent).toHaveLength(2);
    answers[1]?.(state);
    await Promise.all([first, second]);
    expect(sent).toHaveLength(5);
    expect(asked.map(([, version]) => version)).toEqual([1, 2]);
    void replies.send([repeated(null, 1)]);
    await setImmediate();
    expect(asked).toHaveLength(3);
  });

  it('are dropped without an error when the process stops, once the look-up under way has ended', async () => {
    const { replies, sent, asked, failures } = setUp();
    const sending = replies.send([1, 2, 3].map((version) => repeated(null, version)));
    await setImmediate();
    const stopped = replies.stop();
    failures[0]?.(new Error('the pool is closed'));
    await Promise.all([stopped, sending]);
    expect(asked).toHaveLength(1);
    expect(sent).toEqual([]);
  });

  it('say id and version alone where too many wait, and go on after a failure', async () => {
    const { replies, sent, answers, failures } = setUp();
    const many = Array.from({ length: lookedUpMax + 3 }, (_, index) => repeated(null, index));
    const failing = expect(replies.send(many)).rejects.toThrow('cut off');
    await setImmediate();
    const beyond = [0, 1, 2].map((index) => ({ id: timerId, version: lookedUpMax + index }));
    expect(bodies(sent)).toEqual(beyond.map((timer) => ({ ok: true, timer })));
    failures[0]?.(new Error('cut off'));
    await failing;
    for (let count = 1; count < lookedUpMax; count += 1) {
      await setImmediate();
      answers[count]?.(state);
    }
    await setImmediate();
    expect(sent).toHaveLength(many.length - 1);
  });
});
