import { expect, it } from 'vitest';
import {
  type CommandId,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  type TimerCommand,
  type TimerId,
  type TimerState,
} from '#timer';
import { extraText, phaseCode, recentText, stateFromRow, summaryText } from './state-row.js';

const dayZero = Date.parse('2026-11-24T10:00:00Z');
const hourMs = 3_600_000;
const at = (ms: number): EpochMs => (dayZero + ms) as EpochMs;
const eventId = (name: string): EventId => name as EventId;

/** A command without its id. */
type Wish = { readonly type: TimerCommand['type'] } & Readonly<Record<string, unknown>>;

/** What the row of this state is read back as. */
function readBack(state: TimerState): TimerState {
  const { open } = state;
  return stateFromRow([
    state.id,
    state.nextFireAt,
    state.nextTick,
    state.watermark,
    state.lastTick,
    open?.scheduledFor ?? null,
    open?.startedAt ?? null,
    open?.eventId ?? null,
    state.version,
    open?.attempt ?? 0,
    state.fires,
    phaseCode(state),
    summaryText(state),
    extraText(state),
    recentText(state.recent),
    state.createTime,
    JSON.stringify(state.spec),
  ]);
}

it('a state is read back from its row as it was, at every step of a life that drops ticks, hands back and calls back', () => {
  const timer = {
    schedPolicyType: 'INTERVAL',
    schedPolicyExpr: '1h',
    startAt: at(0),
    hookClass: 'h',
  } as const;
  const [timerId, namespace, key] = ['t1' as TimerId, 'n', 'k'];
  const answer = { eventId: eventId('e2'), attempt: 1 };
  const steps: readonly (readonly [ms: number, wish: Wish])[] = [
    [0, { type: 'CreateTimer', timerId, namespace, key, timer }],
    [0, { type: 'FireDue', eventId: eventId('e1') }],
    [1, { type: 'CloseEvent', eventId: eventId('e1'), summary: { text: 's' } }],
    [3 * hourMs, { type: 'FireDue', eventId: eventId('e2') }],
    [3 * hourMs + 1, { type: 'RetryEvent', ...answer, handBack: true }],
    [3 * hourMs + 2, { type: 'UpdateTimer', set: { hookClass: 'other' }, recall: true }],
    [3 * hourMs + 3, { type: 'FireDue', eventId: eventId('e3') }],
    [3 * hourMs + 4, { type: 'PauseTimer', token: 'u' }],
  ];
  let state: TimerState | null = null;
  const told: unknown[] = [];
  for (const [index, [ms, wish]] of steps.entries()) {
    const commandId = wish.type === 'FireDue' ? null : (`c${index}` as CommandId);
    const decision = decide(state, { ...wish, commandId } as unknown as TimerCommand, at(ms));
    if (!decision.ok) throw new Error(decision.rejection.message);
    for (const event of decision.events)
      state = evolve(state, { version: (state?.version ?? 0) + 1, commandId, event });
    if (state === null) throw new Error('the timer is gone');
    expect(readBack(state), wish.type).toEqual(state);
    told.push(state.open?.lastTickBefore ?? null, state.open?.handedBack ?? null);
  }
  // it went where it was to
  expect(told).toContain(at(2 * hourMs));
  expect(told).toContain(true);
});
