import { describe, expect, it } from 'vitest';
import { eventFromJson, eventToJson } from '../event-json.js';
import { evolve } from '../evolve.js';
import { at, close, create, fire, given, run, step, timerAfter } from '../spec-dsl.js';

const second = 1_000;
const hour = 3_600_000;
const once = (extra: object = {}) => create({ schedPolicyType: 'ONCE', schedPolicyExpr: '1s', ...extra });
const ended = (extra: object = {}) => [once(extra), fire(second), close(2 * second)];
const archive = (endedBeforeMs: number, ms = 2 * hour) =>
  step({ type: 'ArchiveTimer', endedBefore: at(endedBeforeMs) }, ms);

describe('a snapshot', () => {
  it.each([
    ['that waits', [create()]],
    ['with an open event', [create(), fire(hour)]],
    ['that is paused', [create(), step({ type: 'PauseTimer', token: 'a' }, 1)]],
    ['that has ended', ended({ data: { text: 'a\0b' } })],
  ])('changes nothing of a timer %s but its version, and is enough to fold from', (_, steps) => {
    const state = timerAfter(...steps);
    const { decision } = run(state, step({ type: 'SnapshotTimer' }, 3 * hour));
    const [event] = decision.ok ? decision.events : [];
    if (event === undefined) throw new Error('no snapshot');
    const version = state.version + 1;
    const stored = { version, commandId: null, event: eventFromJson(eventToJson(event)) };
    expect(JSON.parse(JSON.stringify(evolve(null, stored)))).toEqual(
      JSON.parse(JSON.stringify({ ...state, version })),
    );
  });
});

describe('retention of timers', () => {
  it('puts away what ended before a moment', () => {
    given(...ended())
      .when(archive(hour))
      .then({ type: 'TimerDeleted', archived: true });
    given(...ended())
      .when(archive(2 * second))
      .thenNothing();
  });
  it.each([
    ['goes on', [create(), fire(hour), close(hour)]],
    ['has an open event', [once(), fire(second)]],
    ['says itself when it goes', ended({ keepFor: '1d' })],
    [
      'was ever leased, as its fencing tokens rise for ever',
      [...ended(), step({ type: 'AcquireLease', holder: 'a', ttl: '1s' }, 3 * second)],
    ],
  ])('leaves alone what %s', (_, steps) =>
    given(...steps)
      .when(archive(2 * hour))
      .thenNothing(),
  );
});
