import { expect, it } from 'vitest';
import type { DueEvent, HookContext } from '#hooks';
import {
  type CommandId,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  mintTimerId,
  slotOf,
  type TimerCommand,
  type TimerState,
} from '#timer';
import { handleDue } from './handle-due.js';
import { defaultSettings, retryOf } from './settings.js';

const [namespace, key, eventId] = ['delays', 'k', 'e' as EventId];
const commandId = 'c' as CommandId;

/** One event of a queue, and the log that a process leaves behind. */
class Timer {
  state: TimerState | null = null;
  now = Date.parse('2026-11-24T10:00:00Z') as EpochMs;

  apply(command: TimerCommand): void {
    const decision = decide(this.state, command, this.now);
    if (!decision.ok) throw new Error(decision.rejection.message);
    for (const event of decision.events)
      this.state = evolve(this.state, { version: (this.state?.version ?? 0) + 1, commandId, event });
  }
  /** The clock strikes: what would be delivered; null: nothing any more. */
  strike(): DueEvent | null {
    this.now = this.state?.nextFireAt ?? this.now;
    this.apply({ type: 'FireDue', commandId: null, eventId });
    const { open } = this.state ?? {};
    return open == null
      ? null
      : ({
          attempt: open.attempt,
          eventId,
          timer: { key, hookClass: 'delays.t' },
          scheduledFor: '',
        } as DueEvent);
  }
  context(): HookContext {
    const heartbeat = async () => {
      const attempt = this.state?.open?.attempt ?? 0;
      this.apply({ type: 'HeartbeatEvent', commandId, eventId, attempt, worker: 'w' });
    };
    return { heartbeat, worker: 'w' } as Partial<HookContext> as HookContext;
  }
}

it('gives up an event whose trigger takes its process with it, after maxRetry runs and the one that nobody heard of', async () => {
  const maxRetry = 3;
  const timer = new Timer();
  const timerId = mintTimerId(1, slotOf(namespace, key), new Uint8Array(9));
  const spec = {
    schedPolicyType: 'ONCE',
    schedPolicyExpr: '1ms',
    hookClass: 'delays.t',
    ackTimeout: '31s',
  } as const;
  const retry = retryOf({ ...defaultSettings, maxRetry });
  timer.apply({ type: 'CreateTimer', commandId, timerId, namespace, key, timer: { ...spec, retry } });

  let runs = 0;
  for (let due = timer.strike(); due !== null && runs < 100; due = timer.strike()) {
    // the process is gone in the first line of the trigger: no answer, no heartbeat from here on
    const died = new Promise<void>((dies) => {
      const run = () => {
        runs += 1;
        dies();
        return new Promise<never>(() => undefined);
      };
      void handleDue(namespace, due as DueEvent, timer.context(), run);
    });
    await died;
  }
  expect(runs).toBe(1 + maxRetry + 1);
  expect(timer.state?.givenUp).toMatchObject({ eventId });
});
