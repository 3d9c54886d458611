import { describe, expect, it } from 'vitest';
import { decide, type EventId, type TimerCommand, type TimerState } from '#timer';
import { at, create, fire, run, step, timerAfter } from '../spec-dsl.js';
import { versionMax } from './last-version.js';

const hour = 3_600_000;
const atVersion = (version: number): TimerState => ({ ...timerAfter(create()), version });
const pause = step({ type: 'PauseTimer' }, 1);

describe('a timer that has had as many events as one can have', () => {
  it('is like any other before the last one', () =>
    expect(run(atVersion(versionMax - 1), pause).decision).toMatchObject({
      ok: true,
      events: [{ type: 'TimerPaused' }],
    }));

  it('is faulted when its time comes, and fires no more', () => {
    const { after, decision } = run(atVersion(versionMax), fire(hour));
    expect(decision).toMatchObject({
      events: [{ type: 'TimerFaulted', reason: expect.stringContaining('delete it') }],
    });
    expect(after).toMatchObject({ version: versionMax + 1, nextFireAt: null });
    expect(run(after, fire(2 * hour)).decision).toEqual({ ok: true, events: [] });
  });

  it('refuses what would go on', () => {
    const { decision } = run(atVersion(versionMax), pause);
    expect(decision).toMatchObject({ ok: false, rejection: { code: 'timer-faulted' } });
    const confirm = {
      type: 'ConfirmEmission',
      commandId: null,
      eventId: 'e' as EventId,
      attempt: 1,
    } satisfies TimerCommand;
    expect(decide(atVersion(versionMax), confirm, at(1))).toEqual({ ok: true, events: [] });
  });

  it('is written down for retention, and deleted', () => {
    expect(run(atVersion(versionMax), step({ type: 'SnapshotTimer' }, 1)).after?.version).toBe(
      versionMax + 1,
    );
    expect(run(atVersion(versionMax), step({ type: 'DeleteTimer' }, 1)).after).toBeNull();
  });

  it('leaves room for its end in four bytes', () => expect(versionMax + 1_000).toBe(2_147_483_647));
});
