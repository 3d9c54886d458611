import { describe, expect, it } from 'vitest';
import {
  type CommandId,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  mintTimerId,
  slotOf,
  slotOfTimerId,
  type TimerCommand,
  type TimerState,
} from '#timer';
import type { EmissionId, LoadedTimers } from '../log/timer-log.js';
import { decideDue } from './decide-due.js';
import type { Emission } from './emission.js';

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
      { id: 'b1' as EmissionId, late, emissions: [], refused: null },
      { id: 'b2' as EmissionId, late, emissions: [], refused: null },
    ];
    const { writes } = decideDue(loadedWith(state), acknowledged, timer, mint, unbounded);
    expect(writes.streams.map(({ events }) => events.map(({ event }) => event.type))).toEqual([
      ['EventExtended'],
    ]);
    expect(writes.emitted.map(({ id }) => id)).toEqual(['b1', 'b2']);
  });

  it('keeps what Kafka refused of a batch as owed: due events hold their timers back, dead letters none', () => {
    const [open, dead] = [openTimer(), expiredTimer(2)];
    const emissions: Emission[] = [
      { kind: 'due', state: open },
      { kind: 'dead', before: dead, state: dead, at: now, error: null },
    ];
    const acknowledged = [
      { id: 'b1' as EmissionId, late: [], emissions: [], refused: { emissions, restMs: 7 } },
    ];
    const { writes } = decideDue(loadedWith(open), acknowledged, timer, mint, unbounded);
    expect(writes.emitted).toMatchObject([
      {
        id: 'b1',
        refused: {
          entries: [open, dead].map(({ id, version }) => ({ timerId: id, version })),
          present: [open.id],
          restMs: 7,
        },
      },
    ]);
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

  it('sends the first event of a command in the trace of the command, though nobody traces here', () => {
    const cause = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const state: TimerState = { ...expiredTimer(), trace: { cause } };
    const loaded = { ...loadedWith(state), due: [{ state, emissionPending: false }] };
    const { writes, emissions } = decideDue(loaded, [], timer, mint, unbounded);
    expect(writes.streams[0]?.events.map(({ meta }) => meta)).toEqual([{ traceparent: cause }]);
    expect(emissions.map(({ state: sent }) => sent.trace)).toEqual([
      { cause, isCauseSpent: true, event: cause },
    ]);
  });

  describe('and that spawn', () => {
    const parent = (n: number): TimerState => {
      const timerId = mintTimerId(now, slotOf('n', `parent-${n}`), new Uint8Array(9).fill(n));
      const input = {
        schedPolicyType: 'INTERVAL',
        schedPolicyExpr: '1h',
        spawn: { timer: { hookClass: 'work' }, overlap: 'allow' as const },
      };
      const name = { namespace: 'n', key: `parent-${n}` };
      const created = after(null, {
        type: 'CreateTimer',
        commandId: 'c1' as CommandId,
        timerId,
        ...name,
        timer: input,
      });
      if (created === null) throw new Error('the timer is gone');
      return created;
    };
    const parents = Array.from({ length: 40 }, (_, n) => parent(n));
    let minted = 0;
    const fresh = () => {
      minted += 1;
      return `00000000-0000-7000-8000-${minted.toString(16).padStart(12, '0')}` as EventId;
    };
    const childrenOf = (states: readonly TimerState[], isHere?: (slot: number) => boolean) => {
      const [first] = states;
      if (first === undefined) throw new Error('there are some');
      const loaded = {
        ...loadedWith(first),
        due: states.map((state) => ({ state, emissionPending: false })),
      };
      const minting = { ...mint, eventId: fresh, ...(isHere !== undefined && { isHere }) };
      return decideDue(loaded, [], timer, minting, unbounded).writes.streams.flatMap(
        ({ before, after: child }) => (before === null && child !== null ? [child] : []),
      );
    };

    it('name their children by the fire', () => {
      expect(childrenOf(parents).map(({ spec }) => spec.key)).toEqual(
        parents.map(({ spec }) => `${spec.key}:1`),
      );
    });

    it('name them so that they lie in the database of the tick, and their ids say so', () => {
      for (const databases of [2, 4, 8]) {
        const mine = parents.filter(({ id }) => slotOfTimerId(id) % databases === 1);
        const children = childrenOf(mine, (slot) => slot % databases === 1);
        expect(children).toHaveLength(mine.length);
        for (const [index, { id, spec }] of children.entries()) {
          expect(slotOf('n', spec.key) % databases).toBe(1);
          expect(slotOfTimerId(id)).toBe(slotOf('n', spec.key));
          const plain = `${mine[index]?.spec.key}:1`;
          expect(spec.key).toMatch(
            slotOf('n', plain) % databases === 1 ? /^parent-\d+:1$/ : /^parent-\d+:1~[0-9a-f]{12}$/,
          );
        }
      }
    });
  });
});
