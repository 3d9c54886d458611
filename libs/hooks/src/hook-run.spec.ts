import { describe, expect, it } from 'vitest';
import type { CommandWire, DueEvent } from '#contract';
import { ManualClock } from '#testing';
import type { EventId, TimerId } from '#timer';
import { HookRun } from './hook-run.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const ackTimeoutMs = 3_000;

/** A handler that works until its signal fires, of an event with so much time left by this machine's clock. */
function handling(
  leftMs: number,
  { isUp = true, kind = 'due', ...more }: { isUp?: boolean; kind?: 'due' | 'ask' } & Partial<DueEvent> = {},
) {
  const clock = new ManualClock();
  const begunAt = clock.now();
  const beats: number[] = [];
  const event: DueEvent = {
    eventId: 'e' as EventId,
    attempt: 1,
    timer: { id: 't' as TimerId, namespace: 'n', key: 'k', hookClass: 'h', tags: [], version: 1 },
    scheduledFor: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    deadline: new Date(begunAt + leftMs).toISOString(),
    ackTimeoutMs,
    ...more,
  };
  let abortedAfterMs: number | null = null;
  const run = new HookRun(
    { ok: true, kind, event },
    {
      handle: (_event, { signal }) =>
        new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => {
            abortedAfterMs = clock.now() - begunAt;
            resolve();
          }),
        ),
      ask: () => new Promise(() => undefined),
    },
    {
      send: async ({ type }: CommandWire) => {
        if (!isUp) throw new Error('no broker');
        if (type === 'HeartbeatEvent') beats.push(clock.now() - begunAt);
      },
      log: silent,
      worker: 'w',
      clock,
    },
  );
  void run.run();
  return {
    beats,
    abortedAfterMs: () => abortedAfterMs,
    advance: (ms: number) => clock.advance(ms),
    end: () => run.abort('the spec is over'),
  };
}

describe('an event that was read in time', () => {
  it('has its first heartbeat after a third of its timeout', async () => {
    const { beats, advance, end } = handling(2_001);
    await advance(2_500);
    expect(beats).toEqual([1_000, 2_000]);
    end();
  });
  it('loses its handler after its whole timeout where no heartbeat reaches Kafka', async () => {
    const { abortedAfterMs, advance } = handling(2_900, { isUp: false });
    await advance(5_000);
    expect(abortedAfterMs()).toBe(3_000);
  });
});

describe('an event that was read late', () => {
  it('has a heartbeat at once, and goes on past the deadline that it came with', async () => {
    const { beats, abortedAfterMs, advance, end } = handling(1_500);
    await advance(0);
    expect(beats).toEqual([0]);
    await advance(10_000);
    expect(beats.slice(0, 3)).toEqual([0, 1_000, 2_000]);
    expect(abortedAfterMs()).toBeNull();
    end();
  });
  it('loses its handler at that deadline where no heartbeat moves it', async () => {
    const { abortedAfterMs, advance } = handling(1_500, { isUp: false });
    await advance(5_000);
    expect(abortedAfterMs()).toBe(1_500);
  });
  it('keeps its handler for a third of its timeout, in which a heartbeat arrives: this clock may be ahead', async () => {
    const { abortedAfterMs, advance } = handling(1, { isUp: false });
    await advance(5_000);
    expect(abortedAfterMs()).toBe(1_000);
  });
  it('has its whole timeout where the deadline seems to have passed', async () => {
    const late = handling(-1, { isUp: false });
    await late.advance(5_000);
    expect(late.abortedAfterMs()).toBe(3_000);
    const heard = handling(-1);
    await heard.advance(500);
    expect(heard.beats).toEqual([]);
    heard.end();
  });
  it('is none of a question, an offer that a claim answers, or an event without a deadline', async () => {
    const events: Parameters<typeof handling>[1][] = [
      { kind: 'ask' },
      { unclaimed: true },
      { deadline: 'soon' },
    ];
    for (const more of events) {
      const { beats, advance, end } = handling(500, more);
      await advance(999);
      expect(beats).toEqual([]);
      end();
    }
  });
});
