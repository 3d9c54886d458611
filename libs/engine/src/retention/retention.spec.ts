import { beforeEach, describe, expect, it } from 'vitest';
import { InMemoryTimerStore, ManualClock } from '#testing';
import {
  decide,
  type EpochMs,
  evolve,
  mintTimerId,
  type TimerEvent,
  type TimerId,
  type TimerState,
} from '#timer';
import { DataLogError, TransientLogError } from '../log/errors.js';
import { planRetention } from './plan-retention.js';
import { Retention, type RetentionProgress } from './retention.js';
import type { LogPart, RetentionPolicy, RetentionStore } from './retention-store.js';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const part = (name: string): LogPart => ({ name, before: 0 as EpochMs, bytes: 0 });
const page = (ids: readonly TimerId[], after: TimerId | null, max: number): readonly TimerId[] =>
  ids.filter((id) => after === null || id > after).slice(0, max);

/** What is grounded where is given; what was done is noted. */
class Parts implements RetentionStore {
  readonly grounded = new Map<string, readonly TimerId[]>();
  readonly ended: TimerId[] = [];
  readonly needed = new Map<string, string>();
  readonly owed = new Map<string, string>();
  readonly done: string[] = [];
  begun: string[] = [];
  isHeld = false;

  exclusively<T>(work: () => Promise<T>): Promise<T | null> {
    return this.isHeld ? Promise.resolve(null) : work();
  }
  async finishDrops(): Promise<readonly string[]> {
    return this.begun.splice(0);
  }
  async expiredParts(): Promise<readonly LogPart[]> {
    return [...this.grounded.keys()].map(part);
  }
  async neededBy({ name }: LogPart): Promise<string | null> {
    return this.needed.get(name) ?? null;
  }
  async owedFrom({ name }: LogPart): Promise<string | null> {
    return this.owed.get(name) ?? null;
  }
  async groundedIn({ name }: LogPart, after: TimerId | null, max: number): Promise<readonly TimerId[]> {
    return page(this.grounded.get(name) ?? [], after, max);
  }
  async drop({ name }: LogPart): Promise<void> {
    this.done.push(`drop ${name}`);
  }
  async endedBefore(): Promise<EpochMs> {
    return Number.MAX_SAFE_INTEGER as EpochMs;
  }
  async endedTimers(_: EpochMs, after: TimerId | null, max: number): Promise<readonly TimerId[]> {
    return page(this.ended, after, max);
  }
  async forgetArchived(days: number): Promise<number> {
    this.done.push(`forget ${days}`);
    return 7;
  }
}

const all: RetentionPolicy = { logDays: 30, endedDays: 30, archiveDays: 90 };

describe('retention', () => {
  let [clock, store, parts] = [new ManualClock(), open(new ManualClock()), new Parts()];
  let told: RetentionProgress[] = [];
  beforeEach(() => {
    clock = new ManualClock();
    store = open(clock);
    parts = new Parts();
    told = [];
  });

  function open(by: ManualClock): InMemoryTimerStore {
    return new InMemoryTimerStore({ partitions: 1, now: () => by.now() as EpochMs });
  }

  /** Their only log event so far is their creation. */
  async function timers(count: number): Promise<TimerId[]> {
    const ids: TimerId[] = [];
    await store.log.transact(nothing, ({ now }) => {
      const streams = Array.from({ length: count }, (_, n) => {
        const timerId = mintTimerId(now + n, 0, new Uint8Array(9));
        ids.push(timerId);
        const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h', hookClass: '' };
        const command = {
          type: 'CreateTimer',
          commandId: `c${n}`,
          timerId,
          namespace: 'n',
          key: `k${n}`,
          timer,
        };
        const decision = decide(null, command as never, now);
        const [event] = decision.ok ? decision.events : [];
        const write = { version: 1, commandId: null, event: event as TimerEvent, meta: {} };
        return { before: null, after: evolve(null, write) as TimerState, events: [write], emission: null };
      });
      return { streams, rejections: [], unchanged: [], emission: null, emitted: [] };
    });
    return ids;
  }
  const nothing = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
  const retention = (log = store.log) =>
    new Retention({
      store: parts,
      log,
      timer: { decide, evolve },
      logger: quiet,
      sleep: async () => undefined,
      clock: clock.read,
      onProgress: (progress) => told.push(progress),
    });
  const run = (policy = all) => retention().run(policy, new AbortController().signal);
  const lastEvents = (ids: readonly TimerId[]) => ids.map((id) => store.tables.streams.get(id)?.at(-1)?.type);

  it('gives each timer of the oldest part a snapshot before that part goes, then looks at the next', async () => {
    const ids = await timers(450);
    parts.grounded.set('old', ids.slice(0, 300)).set('younger', ids.slice(300));
    parts.begun = ['oldest'];
    const report = await run({ ...all, endedDays: 0 });
    expect(report).toEqual({
      snapshotted: 450,
      archived: 0,
      dropped: ['oldest', 'old', 'younger'],
      forgotten: 7,
      kept: null,
    });
    expect(new Set(lastEvents(ids))).toEqual(new Set(['TimerSnapshotted']));
    expect(parts.done).toEqual(['forget 90', 'drop old', 'drop younger']);
    expect(told.map(({ snapshotted }) => snapshotted)).toEqual([0, 200, 300, 300, 450, 450]);
  });

  it('leaves a part that is needed, and those after it', async () => {
    const ids = await timers(2);
    parts.grounded.set('old', ids).set('younger', []);
    parts.needed.set('old', 'somebody reads it');
    expect(await run()).toMatchObject({
      dropped: [],
      snapshotted: 0,
      kept: { part: 'old', reason: 'somebody reads it' },
    });
    expect(parts.done).toEqual(['forget 90']);
  });

  it('leaves a part that is owed from once its timers have their snapshots', async () => {
    const ids = await timers(2);
    parts.grounded.set('old', ids).set('younger', []);
    parts.owed.set('old', 'a dead letter waits');
    expect(await run()).toMatchObject({
      dropped: [],
      snapshotted: 2,
      kept: { part: 'old', reason: 'a dead letter waits' },
    });
    expect(parts.done).toEqual(['forget 90']);
  });

  it('does nothing of what is kept for ever, nor beside another process', async () => {
    parts.grounded.set('old', await timers(1));
    parts.begun = ['begun'];
    expect(await run({ logDays: 0, endedDays: 0, archiveDays: 0 })).toMatchObject({ dropped: ['begun'] });
    expect(parts.done).toEqual([]);
    parts.isHeld = true;
    expect(await run()).toBeNull();
  });

  it('tries again what is transient, and halves what cannot be written together', async () => {
    const ids = await timers(4);
    parts.grounded.set('old', ids);
    store.log.failNext({ when: 'before-commit', error: new TransientLogError('a deadlock') });
    store.log.failNext({ when: 'before-commit', error: new DataLogError('too large') });
    expect(await run()).toMatchObject({ snapshotted: 4, dropped: ['old'] });
    expect(new Set(lastEvents(ids))).toEqual(new Set(['TimerSnapshotted']));
  });

  it('drops nothing while one timer has no snapshot', async () => {
    parts.grounded.set('old', await timers(1));
    store.log.failNext({ when: 'before-commit', error: new DataLogError('no form') });
    await expect(run()).rejects.toThrow('stays as it is');
    expect(parts.done).toEqual(['forget 90']);
  });

  it('stops between batches when its process goes away, and drops nothing then', async () => {
    parts.grounded.set('old', await timers(300));
    const stop = new AbortController();
    const report = await new Retention({
      store: parts,
      log: store.log,
      timer: { decide, evolve },
      logger: quiet,
      sleep: async () => stop.abort(),
      clock: clock.read,
    }).run(all, stop.signal);
    expect(report).toMatchObject({ snapshotted: 200, dropped: [], kept: null });
  });

  it('tells beforehand what it would do', async () => {
    const ids = await timers(3);
    parts.grounded.set('old', ids).set('younger', []);
    parts.needed.set('younger', 'somebody reads it');
    parts.ended.push(...ids);
    expect(await planRetention(parts, all)).toEqual({
      parts: [
        { ...part('old'), timers: 3, reason: null },
        { ...part('younger'), timers: 0, reason: 'somebody reads it' },
      ],
      ended: 3,
    });
    expect(await planRetention(parts, { ...all, logDays: 0, endedDays: 0 })).toEqual({ parts: [], ended: 0 });
    expect(parts.done).toEqual([]);
    expect(new Set(lastEvents(ids))).toEqual(new Set(['TimerCreated']));
  });

  it('counts only what was really put away', async () => {
    const ids = await timers(3);
    parts.ended.push(...ids);
    expect(await run()).toMatchObject({ archived: 0 });
    expect(new Set(lastEvents(ids))).toEqual(new Set(['TimerCreated']));
  });
});
