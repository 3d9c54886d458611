import { expect } from 'vitest';
import {
  type CommandId,
  type Decision,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  type TimerCommand,
  type TimerEvent,
  type TimerId,
  type TimerInput,
  type TimerState,
} from '#timer';

// given(…).when(…).then(…): a timer with a past, one command at a moment, the events or the refusal.

/** Every spec begins here: 2026-11-24T10:00:00Z; moments are milliseconds after it. */
export const dayZero = Date.parse('2026-11-24T10:00:00Z');
export const at = (ms: number): EpochMs => (dayZero + ms) as EpochMs;
export const eventId = (name = 'e1'): EventId => name as EventId;
let commands = 0;
const commandId = (): CommandId => `c${++commands}` as CommandId;

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A command as a spec writes it: the id is filled in. */
export type Wish = Without<TimerCommand, 'commandId'>;

export interface Step {
  readonly wish: Wish;
  readonly ms: number;
}
export const step = (wish: Wish, ms: number): Step => ({ wish, ms });

export const create = (timer: Partial<TimerInput> = {}, ms = 0): Step =>
  step(
    {
      type: 'CreateTimer',
      timerId: 't1' as TimerId,
      namespace: 'n',
      key: 'k',
      timer: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h', ...timer },
    },
    ms,
  );
export const fire = (ms: number, id = 'e1'): Step => step({ type: 'FireDue', eventId: eventId(id) }, ms);
export const close = (ms: number, extra: object = {}, id = 'e1'): Step =>
  step({ type: 'CloseEvent', eventId: eventId(id), ...extra } as Wish, ms);

const internal = new Set(['FireDue', 'FaultTimer', 'ConfirmEmission', 'SnapshotTimer', 'ArchiveTimer']);

export function run(
  state: TimerState | null,
  { wish, ms }: Step,
): { decision: Decision; after: TimerState | null } {
  const id = internal.has(wish.type) ? null : commandId();
  const decision = decide(state, { ...wish, commandId: id } as TimerCommand, at(ms));
  let after = state;
  if (decision.ok) {
    for (const event of decision.events)
      after = evolve(after, { version: (after?.version ?? 0) + 1, commandId: id, event });
  }
  return { decision, after };
}

/** The state after these steps, each of which must be accepted. */
export function timerAfter(...steps: readonly Step[]): TimerState {
  let state: TimerState | null = null;
  for (const each of steps) {
    const { decision, after: next } = run(state, each);
    if (!decision.ok)
      throw new Error(`${each.wish.type}: ${decision.rejection.code} ${decision.rejection.message}`);
    state = next;
  }
  if (state === null) throw new Error('the timer is gone');
  return state;
}

export function given(...steps: readonly Step[]) {
  const state = steps.length === 0 ? null : timerAfter(...steps);
  return {
    when(each: Step) {
      const { decision, after: next } = run(state, each);
      return {
        /** These events, in order; each may be given in part. */
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits this object
        then(...events: readonly ({ readonly type: TimerEvent['type'] } & Record<string, unknown>)[]) {
          expect(decision.ok ? decision.events : decision.rejection).toMatchObject(events);
          expect(decision.ok && decision.events.length).toBe(events.length);
          return next;
        },
        thenNothing(): void {
          expect(decision).toEqual({ ok: true, events: [] });
        },
        rejected(code: string, field?: string): void {
          expect(decision).toMatchObject({
            ok: false,
            rejection: { code, ...(field !== undefined && { field }) },
          });
        },
      };
    },
  };
}
