import { describe, expect, it } from 'vitest';
import {
  type CommandId,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  mintTimerId,
  slotOfTimerId,
  type TimerCommand,
  type TimerState,
} from '#timer';
import type { EmissionId, LoadedTimers } from '../log/timer-log.js';
import { decideDue } from './decide-due.js';

const now = Date.UTC(2026, 0, 1) as EpochMs;
const mint = {
  eventId: () => 'e2' as EventId,
  emissionId: () => 'b3' as EmissionId,
  timerId: (slot: number) => mintTimerId(now, slot, new Uint8Array(9)),
  slotOf: slotOfTimerId,
};
const timer = { decide, evolve };
const unbounded = { faults: new Map(), isTimeOver: () => false };

function after(state: TimerState | null, command: TimerCommand): TimerState | null {
  const decision = decide(state, command, now);
  if (!decision.ok) throw new Error(decision.rejection.message);
  return decision.events.reduce(
    (folded, event) =>
      evolve(folded, { version: (folded?.version ?? 0) + 1, commandId: command.commandId, event }),
    state,
  );
}

function openTimer(): TimerState {
  const open = after(expiredTimer(), { type: 'FireDue', commandId: null, eventId: 'e1' as EventId });
  if (open === null) throw new Error('the timer is gone');
  return open;
}

function expiredTimer(n = 0): TimerState {
  const timerId = mintTimerId(now, 7, new Uint8Array(9).fill(n));
  const input = { schedPolicyType: 'ONCE', schedPolicyExpr: '1s', hookClass: 'h', startAt: now };
  const commandId = 'c1' as CommandId;
  const created = after(null, {
    type: 'CreateTimer',
    commandId,
    timerId,
    namespace: 'n',
    key: 'k',
    timer: input,
  });
  const expired = after(created, { type: 'ExpireTimer', commandId });
  if (expired === null) throw new Error('the timer is gone');
  return expired;
}

const loadedWith = (state: TimerState): LoadedTimers => ({
  now,
  lostSources: new Set(),
  byKey: new Map(),
  byId: new Map([[state.id, state]]),
  due: [],
  tombstones: new Map(),
  tombstonesById: new Map(),
  rejected: new Map(),
  unchanged: new Map(),
});

describe('what becomes of timers whose time has come', () => {
  it('counts a deadline anew once, though two late batches of the timer are acknowledged at a time', () => {
    const state = openTimer();
    const late = [state.id];
    const acknowledged = [
      { id: 'b1' as EmissionId, late },
      { id: 'b2' as EmissionId, late },
    ];
    const { writes } = decideDue(loadedWith(state), acknowledged, timer, mint, unbounded);
    expect(writes.streams.map(({ events }) => events.map(({ event }) => event.type))).toEqual([
      ['EventExtended'],
    ]);
    expect(writes.emitted).toEqual(['b1', 'b2']);
  });

  it('leaves what it has no time for, and decides one at least', () => {
    const states = [1, 2, 3].map((n) => expiredTimer(n));
    const [first] = states;
    if (first === undefined) throw new Error('there are three');
    const loaded = { ...loadedWith(first), due: states.map((state) => ({ state, emissionPending: false })) };
    const bounds = { ...unbounded, isTimeOver: () => true };
    const { writes, left } = decideDue(loaded, [], timer, mint, bounds);
    expect(writes.streams.map(({ before }) => before?.id)).toEqual([first.id]);
    expect(left).toEqual(states.slice(1).map(({ id }) => id));
    expect(decideDue(loaded, [], timer, mint, unbounded).left).toEqual([]);
  });
});
