import { describe, expect, it } from 'vitest';
import { evolve, type RecordedEvent, type TimerState, traceOfFiring } from '#timer';
import { at, close, create, fire, run, type Step } from './spec-dsl.js';

const hour = 3_600_000;

/** The state after these steps, the facts of each written in its trace context. */
function stateAfter(...steps: readonly (readonly [Step, string?])[]): TimerState {
  let state: TimerState | null = null;
  for (const [step, traceparent] of steps) {
    const { decision } = run(state, step);
    if (!decision.ok) throw new Error(decision.rejection.message);
    for (const event of decision.events) {
      const version = (state?.version ?? 0) + 1;
      const meta = traceparent === undefined ? {} : { traceparent };
      const recorded: RecordedEvent = { version, commandId: null, event, meta };
      state = evolve(state, recorded);
    }
  }
  if (state === null) throw new Error('the timer is gone');
  return state;
}

describe('the trace of a firing', () => {
  it('is that of the command that asked for it', () => {
    expect(traceOfFiring(stateAfter([create(), 'of-create']))).toBe('of-create');
  });
  it('stays with the open event, whatever happens to it', () => {
    const retry = {
      wish: { type: 'RetryEvent', eventId: 'e1', error: 'no', attempt: 1 },
      ms: 20,
    } as unknown as Step;
    const open = stateAfter([create(), 'of-create'], [fire(10), 'of-fire'], [retry, 'of-handler']);
    expect(traceOfFiring(open)).toBe('of-fire');
  });
  it('is no longer that of the command once the first event is over, though it can name it', () => {
    const closed = stateAfter([create(), 'of-create'], [fire(10), 'of-fire'], [close(20), 'of-handler']);
    expect(traceOfFiring(closed)).toBeUndefined();
    expect(closed.trace).toEqual({ cause: 'of-create', isCauseSpent: true });
  });
  it('is that of the next command that asks for one', () => {
    const asked = { wish: { type: 'TriggerTimer', requestId: 'r' }, ms: 30 } as Step;
    const state = stateAfter(
      [create(), 'of-create'],
      [fire(10), 'of-fire'],
      [close(20), 'of-handler'],
      [asked, 'of-trigger'],
    );
    expect(traceOfFiring(state)).toBe('of-trigger');
  });
  it('costs a timer nothing that nobody traces', () => {
    const state = stateAfter([create()], [fire(10)], [close(20)]);
    expect(state.nextFireAt).toBe(at(10 + hour));
    expect(state).not.toHaveProperty('trace');
  });
});
