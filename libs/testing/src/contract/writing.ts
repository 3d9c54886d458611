import { randomBytes, randomUUID } from 'node:crypto';
import {
  type EmissionId,
  type EventWrite,
  type LoadedTimers,
  type StreamWrite,
  type TimerLog,
  type TransactionRequest,
  type TransactionResult,
  type TransactionWrites,
  TransientLogError,
} from '#engine';
import {
  type CommandId,
  type CreateTimer,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  mintEventId,
  mintTimerId,
  slotOf,
  type TimerCommand,
  type TimerId,
  type TimerInput,
  type TimerState,
} from '#timer';

// Small builders: real decisions, written through the port under test.

export const newCommandId = (): CommandId => randomUUID() as CommandId;
export const newEmissionId = (): EmissionId => randomUUID() as EmissionId;
export const newEventId = (now: EpochMs): EventId => mintEventId(now, randomBytes(16));

export const nothing: TransactionWrites = {
  streams: [],
  rejections: [],
  unchanged: [],
  emission: null,
  emitted: [],
};
export const request = (parts: Partial<TransactionRequest> = {}): TransactionRequest => ({
  offsets: [],
  targets: [],
  commandIds: [],
  due: [],
  dueElsewhere: [],
  ...parts,
});
export const writing = (...streams: readonly StreamWrite[]): TransactionWrites => ({ ...nothing, streams });

/** Due at once: an interval that never ran. Its ack deadline is far away. */
export const hourly: TimerInput = Object.freeze({
  schedPolicyType: 'INTERVAL',
  schedPolicyExpr: '1h',
  hookClass: 'contract',
  ackTimeout: '1h',
});

export interface Name {
  readonly namespace: string;
  readonly key: string;
}
export const nameOf = ({ spec }: TimerState): Name => ({ namespace: spec.namespace, key: spec.key });

export const creation = (name: Name, timer: TimerInput, now: EpochMs): CreateTimer => ({
  type: 'CreateTimer',
  commandId: newCommandId(),
  timerId: mintTimerId(now, slotOf(name.namespace, name.key), randomBytes(16)),
  ...name,
  timer,
});

/** One command decided on one timer. @throws if it is refused: these tests are about the log, not about decisions */
export function streamOf(before: TimerState | null, command: TimerCommand, now: EpochMs): StreamWrite {
  const decision = decide(before, command, now);
  if (!decision.ok) throw new Error(`${command.type} refused: ${decision.rejection.message}`);
  return foldStream(before, decision.events, command.commandId);
}

export function foldStream(
  before: TimerState | null,
  facts: readonly EventWrite['event'][],
  commandId: CommandId | null,
): StreamWrite {
  let after = before;
  const events = facts.map((event, index): EventWrite => {
    const write = { version: (before?.version ?? 0) + index + 1, commandId, event, meta: {} };
    after = evolve(after, write);
    return write;
  });
  return { before, after, events, emission: null };
}

/** As a use case does: what is transient is tried again, a bounded number of times. */
export async function transact(
  log: TimerLog,
  wanted: TransactionRequest,
  decideOn: (loaded: LoadedTimers) => TransactionWrites,
): Promise<TransactionResult> {
  const attemptsMax = 100;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await log.transact(wanted, decideOn);
    } catch (error) {
      if (!(error instanceof TransientLogError) || attempt === attemptsMax) throw error;
    }
  }
}

/** What a transaction would load, without changing anything. */
export async function loadWith(log: TimerLog, parts: Partial<TransactionRequest>): Promise<LoadedTimers> {
  let seen: LoadedTimers | null = null;
  await transact(log, request(parts), (loaded) => {
    seen = loaded;
    return nothing;
  });
  if (seen === null) throw new Error('decide was not called');
  return seen;
}

export async function stateOf(log: TimerLog, timerId: TimerId): Promise<TimerState | null> {
  return (await loadWith(log, { targets: [{ timerId }] })).byId.get(timerId) ?? null;
}

export async function createTimer(
  log: TimerLog,
  timer: Partial<TimerInput> = {},
  name: Name = { namespace: 'contract', key: randomUUID() },
): Promise<TimerState> {
  let created: TimerState | null = null;
  await transact(log, request({ targets: [name] }), ({ now }) => {
    const stream = streamOf(null, creation(name, { ...hourly, ...timer }, now), now);
    created = stream.after;
    return writing(stream);
  });
  return present<TimerState>(created);
}

/** Applies one command to a timer; answers what it folds to, null once it is deleted. */
export async function apply(
  log: TimerLog,
  timerId: TimerId,
  command: (state: TimerState, now: EpochMs) => TimerCommand,
): Promise<TimerState | null> {
  let after: TimerState | null = null;
  await transact(log, request({ targets: [{ timerId }] }), ({ byId, now }) => {
    const before = present(byId.get(timerId));
    const stream = streamOf(before, command(before, now), now);
    after = stream.after;
    return writing(stream);
  });
  return after;
}

/** Fires a timer that is due, with an outbox row; answers the row's id and the timer after it. */
export async function fire(
  log: TimerLog,
  timerId: TimerId,
): Promise<{ readonly emissionId: EmissionId; readonly state: TimerState }> {
  const emissionId = newEmissionId();
  let after: TimerState | null = null;
  await transact(log, request({ due: [timerId] }), ({ due, now }) => {
    const before = present(due.find(({ state }) => state.id === timerId)?.state);
    const command = { type: 'FireDue', commandId: null, eventId: newEventId(now) } as const;
    const stream = { ...streamOf(before, command, now), emission: emissionId };
    after = stream.after;
    const version = stream.events.at(-1)?.version ?? 0;
    return { ...writing(stream), emission: { id: emissionId, entries: [{ timerId, version }] } };
  });
  return { emissionId, state: present<TimerState>(after) };
}

export const acknowledge = (log: TimerLog, ...emitted: readonly EmissionId[]): Promise<TransactionResult> =>
  transact(log, request(), () => ({ ...nothing, emitted: emitted.map((id) => ({ id, refused: null })) }));

export const update = (tag: string) => (): TimerCommand => ({
  type: 'UpdateTimer',
  commandId: newCommandId(),
  set: { tags: [tag] },
});
export const deletion = (): TimerCommand => ({ type: 'DeleteTimer', commandId: newCommandId() });
export const closing = (state: TimerState): TimerCommand => ({
  type: 'CloseEvent',
  commandId: newCommandId(),
  eventId: present(state.open).eventId,
  attempt: present(state.open).attempt,
});

/** For values that a test has just arranged. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('expected a value, found none');
  return value;
}
