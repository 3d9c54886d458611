import {
  decide,
  type EpochMs,
  evolve,
  type Rejection,
  type TimerChange,
  type TimerId,
  type TimerState,
} from '#timer';
import { parseCommand } from './parse-command.js';
import { commandBytesMax } from './topics.js';

// Commands that are only thought of: read as their records would be and refused in the same words, and never sent.

const id = '00000000-0000-8000-8000-000000000000';

export type Supposed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly rejection: Rejection };

/** The timer that a create of these fields would make, defaults and all, decided as the scheduler decides it. Its name may be absent. */
export function supposedTimer(
  { namespace = 'default', key = 'preview', ...timer }: Readonly<Record<string, unknown>>,
  now: EpochMs,
): Supposed<TimerState> {
  const parsed = parsedOf({ type: 'CreateTimer', namespace, key, timer });
  if (!parsed.ok) return parsed;
  const { commandId, command } = parsed;
  if (command.type !== 'CreateTimer') throw new Error('a new timer was read as something else');
  const decision = decide(null, { ...command, timerId: id as TimerId }, now);
  if (!decision.ok) return decision;
  const value = decision.events.reduce<TimerState | null>(
    (before, event, index) => evolve(before, { version: index + 1, commandId, event }),
    null,
  );
  if (value === null) throw new Error('a new timer came to nothing');
  return { ok: true, value };
}

/** What an update of these fields would set. */
export function supposedChange(set: unknown): Supposed<TimerChange> {
  const parsed = parsedOf({ type: 'UpdateTimer', timerId: id, set });
  if (!parsed.ok) return parsed;
  if (parsed.command.type !== 'UpdateTimer') throw new Error('a change was read as something else');
  return { ok: true, value: parsed.command.set };
}

const parsedOf = (wire: object) =>
  parseCommand({ key: null, value: Buffer.from(JSON.stringify({ id, ...wire })) }, commandBytesMax);
