import { describe, expect, it } from 'vitest';
import {
  type CommandId,
  decide,
  type EpochMs,
  evolve,
  mintTimerId,
  type RecordedEvent,
  type TimerCommand,
  type TimerState,
} from '#timer';
import { parseRecent } from '../log/state-row.js';
import { StreamCheck } from './stream-check.js';

const timerId = mintTimerId(0, 1, new Uint8Array(10));
const timer = { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', hookClass: 'h' };
const hour = 3_600_000;

/** Created, then fired, claimed and closed so often. */
function logOf(fires: number): RecordedEvent[] {
  const log: RecordedEvent[] = [];
  let state: TimerState | null = null;
  const take = (ms: number, id: string | null, command: object): void => {
    const decision = decide(state, { ...command, commandId: id } as TimerCommand, ms as EpochMs);
    if (!decision.ok) throw new Error(decision.rejection.message);
    for (const event of decision.events) {
      const recorded = { version: log.length + 1, commandId: id as CommandId | null, event };
      state = evolve(state, recorded);
      log.push(recorded);
    }
  };
  take(0, 'create', { type: 'CreateTimer', timerId, namespace: 'n', key: 'k', timer });
  for (let n = 1; n <= fires; n++) {
    const eventId = `e${n}`;
    take(n * hour, null, { type: 'FireDue', eventId });
    take(n * hour, `claim${n}`, { type: 'ClaimEvent', eventId, worker: 'w' });
    take(n * hour, `close${n}`, { type: 'CloseEvent', eventId });
  }
  return log;
}

const folded = (log: readonly RecordedEvent[], from: TimerState | null = null): TimerState => {
  const state = log.reduce(evolve, from);
  if (state === null) throw new Error('no timer');
  return state;
};

/** As the former version left it: its last four commands of either kind, unsigned. */
const formerRow = (log: readonly RecordedEvent[]): TimerState => {
  const commands = log.filter(({ commandId }) => commandId !== null).slice(-4);
  const text = commands.map(({ commandId, version }) => `${commandId}:${version}`).join(',');
  return { ...folded(log), recent: parseRecent(text) };
};

function found(log: readonly RecordedEvent[], stored: TimerState): string[] {
  const check = new StreamCheck(timerId, stored, []);
  for (const one of log) check.add({ ...one, partition: 0, position: BigInt(one.version) });
  return check.findings().map(({ what }) => what);
}

const log = logOf(5);
const recalling = (recent: string): TimerState => ({ ...folded(log), recent: parseRecent(recent) });

describe('a row that a former version wrote', () => {
  it('remembers four commands where the log folds to five, and agrees with it', () => {
    expect(folded(log).recent).toHaveLength(5);
    expect(formerRow(log).recent).toHaveLength(4);
    expect(found(log, formerRow(log))).toEqual([]);
  });
  it('agrees with it however long it is carried on by this version, which keeps the answers of before', () => {
    for (let former = 1; former < log.length; former++) {
      const stored = folded(log.slice(former), formerRow(log.slice(0, former)));
      expect(found(log, stored)).toEqual([]);
    }
    const stored = folded(log.slice(7), formerRow(log.slice(0, 7)));
    expect(stored.recent.map(({ commandId }) => commandId)).toContain('claim1');
  });
  it('agrees with it where a snapshot is all that is left of the log of before', () => {
    const state = folded(log.slice(0, 7));
    const event = { type: 'TimerSnapshotted', at: 0, nextFireAt: state.nextFireAt, state };
    const snapshot = { version: 7, commandId: null, event } as unknown as RecordedEvent;
    // rewritten by a process of the former version, beside those of this one
    const unsigned = state.recent.map(({ commandId, version }) => ({ commandId, version }));
    const stored = folded(log.slice(7), { ...state, recent: unsigned });
    expect(stored.recent.map(({ commandId }) => commandId)).toContain('close1');
    expect(found([snapshot, ...log.slice(7)], stored)).toEqual([]);
  });
});

describe('what a row remembers', () => {
  it('may be what the log folds to', () => expect(found(log, folded(log))).toEqual([]));
  it.each([
    ['a command that the log does not have', 'create:1,stranger:15,close5:16'],
    ['a version that is another command’s', 'create:1,claim5:14,close5:16'],
    ['two commands in the wrong order', 'close5:16,claim5:15'],
    ['one command twice', 'claim5:15,claim5:15,close5:16'],
    ['an answer that this version would have pushed out', 'create:1,claim1:+3,close5:+16'],
  ])('is told to differ by %s', (_, recent) =>
    expect(found(log, recalling(recent))).toEqual(['state-differs']),
  );
  it('hides no other difference', () =>
    expect(found(log, { ...formerRow(log), fires: 4 })).toEqual(['state-differs']));
});
