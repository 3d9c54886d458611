import { describe, expect, it } from 'vitest';
import {
  type CommandId,
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

const t0 = Date.parse('2026-11-24T10:00:00Z');
const at = (ms: number) => (t0 + ms) as EpochMs;
const run = (state: TimerState | null, command: TimerCommand, now: EpochMs) => {
  const decision = decide(state, command, now);
  if (!decision.ok) return { state, events: [] as TimerEvent[], rejection: decision.rejection };
  let after = state;
  for (const event of decision.events)
    after = evolve(after, { version: (after?.version ?? 0) + 1, commandId: command.commandId, event });
  return { state: after, events: [...decision.events], rejection: null };
};
let n = 0;
const id = () => `0000000${n++}-0000-7000-8000-000000000000`.slice(-36) as CommandId;
const create = (timer: Partial<TimerInput>, now = at(0)) =>
  run(
    null,
    {
      type: 'CreateTimer',
      commandId: id(),
      timerId: 't' as TimerId,
      namespace: 'default',
      key: 'k',
      timer: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h', ...timer },
    },
    now,
  ).state;
const fire = (state: TimerState | null, now: EpochMs, eventId = 'e1') =>
  run(state, { type: 'FireDue', commandId: null, eventId: eventId as EventId }, now);

describe('a timer', () => {
  it('fires an interval at once, and again an interval after the start of the last run', () => {
    const made = create({});
    expect(made?.nextFireAt).toBe(at(0));
    const fired = fire(made, at(5));
    expect(fired.events.map((e) => e.type)).toEqual(['EventTriggered']);
    const closed = run(
      fired.state,
      { type: 'CloseEvent', commandId: id(), eventId: 'e1' as EventId, attempt: 1 },
      at(100),
    );
    expect(closed.state?.watermark).toBe(at(5));
    expect(closed.state?.nextFireAt).toBe(at(5 + 3_600_000));
    expect(closed.state?.open).toBeNull();
  });
  it('fires once for any number of missed ticks and says how many it dropped', () => {
    const made = create({ startAt: at(0) });
    const late = fire(made, at(10 * 3_600_000 + 1));
    expect(late.events).toMatchObject([
      { type: 'TicksDropped', count: 10, reason: 'missed-policy' },
      { type: 'EventTriggered', scheduledFor: at(10 * 3_600_000) },
    ]);
  });
  it('gives up after its attempts, and never before', () => {
    let state = create({ schedPolicyType: 'ONCE', schedPolicyExpr: '1s', retry: { maxAttempts: 2 } });
    state = fire(state, at(1000)).state;
    state = fire(state, at(31_000)).state;
    expect(state?.open?.attempt).toBe(2);
    const done = fire(state, at(61_000));
    expect(done.events.map((e) => e.type)).toEqual(['EventGivenUp', 'TimerEnded']);
    expect(done.state?.nextFireAt).toBeNull();
  });
  it('closes itself without a hook class', () => {
    const fired = fire(create({ hookClass: '' }), at(0));
    expect(fired.events.map((e) => e.type)).toEqual(['EventTriggered', 'EventClosed']);
    expect(fired.state?.nextFireAt).toBe(at(3_600_000));
  });
  it('walks a cron through Paris time, gap and overlap', () => {
    const made = create(
      { schedPolicyType: 'CRON', schedPolicyExpr: '30 2 * * *', timeZone: 'Europe/Paris' },
      Date.parse('2027-03-27T12:00:00Z') as EpochMs,
    );
    expect(new Date(made?.nextFireAt ?? 0).toISOString()).toBe('2027-03-29T00:30:00.000Z');
    const shifted = create(
      {
        schedPolicyType: 'CRON',
        schedPolicyExpr: '30 2 * * *',
        timeZone: 'Europe/Paris',
        dst: { gap: 'shift' },
      },
      Date.parse('2027-03-27T12:00:00Z') as EpochMs,
    );
    expect(new Date(shifted?.nextFireAt ?? 0).toISOString()).toBe('2027-03-28T01:00:00.000Z');
  });
});
