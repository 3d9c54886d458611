import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogTail, PastState, StoredEvent } from '#engine';
import { createLogger } from '#runtime';
import {
  type CommandId,
  decide,
  type EpochMs,
  eventToJson,
  evolve,
  type TimerCommand,
  type TimerCondition,
  type TimerId,
  type TimerState,
} from '#timer';
import { eventually } from '../../../../test/harness/wait.js';
import { WatchHub } from './hub.js';
import { quickVersionMax } from './state-follower.js';
import type { WatchStream } from './stream.js';

/** A timer, and its events as the log has them. */
class Timer {
  state: TimerState | null = null;

  constructor(private readonly key: string) {}

  create(): StoredEvent {
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1h' };
    const timerId = `timer-${this.key}` as TimerId;
    return this.#apply({
      type: 'CreateTimer',
      commandId: 'c' as CommandId,
      timerId,
      namespace: 'n',
      key: this.key,
      timer,
    });
  }

  tag(tag: string): StoredEvent {
    return this.#apply({ type: 'UpdateTimer', commandId: 'c' as CommandId, set: { tags: [tag] } });
  }

  /** Much has happened to it since, of which nothing is left to see. */
  grow(version: number): void {
    if (this.state !== null) this.state = { ...this.state, version };
  }

  #apply(command: TimerCommand): StoredEvent {
    const decision = decide(this.state, command, 0 as EpochMs);
    const event = decision.ok ? decision.events[0] : undefined;
    if (event === undefined) throw new Error('it changes the timer');
    const version = (this.state?.version ?? 0) + 1;
    this.state = evolve(this.state, { version, commandId: null, event });
    return {
      partition: 0,
      position: 0n,
      timerId: `timer-${this.key}` as TimerId,
      version,
      type: event.type,
      recordKey: `n/${this.key}`,
      nextFireAt: null,
      commandId: null,
      data: eventToJson(event),
      recordedAt: 0 as EpochMs,
      traceparent: null,
    };
  }
}

let log: StoredEvent[];
let asked: number;
let fold: PromiseWithResolvers<PastState>;
let hub: WatchHub;

const append = (event: StoredEvent) => log.push({ ...event, position: BigInt(log.length + 1) });
const tail: LogTail = {
  topology: async () => ({ number: 1, partitions: 1, splits: [] }),
  heads: async () => new Map([[0, BigInt(log.length)]]),
  readAfter: async (positions, max) => log.slice(Number(positions.get(0)), Number(positions.get(0)) + max),
};

beforeEach(async () => {
  [log, asked, fold] = [[], 0, Promise.withResolvers()];
  const stateAtVersion = () => {
    asked += 1;
    return fold.promise;
  };
  const logger = createLogger('hub', 'silent', false);
  hub = new WatchHub(
    { pollMs: 1, heartbeatMs: 10, streamsMax: 10 },
    { live: tail, past: () => tail, queries: { stateAtVersion }, logger },
  );
  await hub.start();
});
afterEach(() => hub.stop());

async function reader(condition: TimerCondition) {
  const read = { text: '', beats: 0 };
  const stream = {
    isOpen: true,
    drained: async () => undefined,
    send: (chunk: Buffer) => {
      read.text += chunk.toString();
    },
    beat: () => {
      read.beats += 1;
    },
    end: () => undefined,
  } as unknown as WatchStream;
  hub.add(stream, { condition, withTimer: false }, null);
  await eventually('it is ready', () => read.text.includes('event: ready'));
  return {
    read,
    told: () =>
      [...read.text.matchAll(/"key":"(\w+)","version":(\d+)/g)].map(
        ([, key, version]) => `${key} ${version}`,
      ),
  };
}

describe('a timer that takes long to fold', () => {
  it('holds up nobody but who needs it, who misses nothing and goes on as before', async () => {
    const old = new Timer('old');
    const young = new Timer('young');
    old.create();
    old.grow(quickVersionMax);
    const before = old.state as TimerState;
    const [all, tagged] = [await reader({}), await reader({ tags: ['a'] })];

    append(old.tag('a'));
    append(young.create());
    append(young.tag('a'));
    await eventually('the others are told', () => all.told().length === 3);
    expect(tagged.told()).toEqual([]);
    await eventually('it is kept alive', () => tagged.read.beats > 1);

    fold.resolve({ kind: 'state', state: before });
    await eventually('it is told', () => tagged.told().length === 2);
    expect(tagged.told()).toEqual([`old ${quickVersionMax + 1}`, 'young 2']);
    append(old.tag('b'));
    await eventually('both are told', () => all.told().length === 4 && tagged.told().length === 3);
    append(old.tag('a'));
    await eventually('both are told', () => all.told().length === 5 && tagged.told().length === 4);
    await eventually('it is one of the live ones', () => tagged.read.text.includes(': beat\n'));
    expect(asked).toBe(1);
    expect(tagged.read.text.split('event: ready')).toHaveLength(2);
  });
});
