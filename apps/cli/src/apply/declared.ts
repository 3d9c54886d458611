import { commandBytesMax, parseCommand, type TimerRecord, timerRecord } from '#contract';
import { decide, type EpochMs, evolve, type TimerId, type TimerState } from '#timer';

/** A timer as a file says it: the fields of a create, by their wire names. */
export type DeclaredFields = Readonly<Record<string, unknown>>;

export type Declared =
  | { readonly ok: true; readonly record: TimerRecord }
  | { readonly ok: false; readonly field?: string; readonly message: string };

const nil = '00000000-0000-8000-8000-000000000000';

/** The timer that a create of these fields would make, defaults and all: decided as the scheduler decides it, and nothing sent. */
export function declared(namespace: string, key: string, timer: DeclaredFields, now: number): Declared {
  const value = Buffer.from(JSON.stringify({ type: 'CreateTimer', id: nil, namespace, key, timer }));
  const parsed = parseCommand({ key: null, value }, commandBytesMax);
  if (!parsed.ok) return refused(parsed.rejection);
  if (parsed.command.type !== 'CreateTimer') throw new Error('a new timer was read as something else');
  const decision = decide(null, { ...parsed.command, timerId: nil as TimerId }, now as EpochMs);
  if (!decision.ok) return refused(decision.rejection);
  const state = decision.events.reduce<TimerState | null>(
    (before, event, index) => evolve(before, { version: index + 1, commandId: parsed.commandId, event }),
    null,
  );
  if (state === null) throw new Error('a new timer came to nothing');
  return { ok: true, record: timerRecord(state) };
}

const refused = ({ message, field }: { readonly message: string; readonly field?: string }): Declared => ({
  ok: false,
  message,
  ...(field !== undefined && { field }),
});
