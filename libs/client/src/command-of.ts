import type { CommandType, CommandWire } from '#contract';
import { InvalidSpecError } from './errors.js';

/** A command of one type without what the client fills in. */
export type Body<T extends CommandType> = Omit<
  Extract<CommandWire, { type: T }>,
  'type' | 'id' | 'namespace' | 'key' | 'timerId' | 'check'
>;

/** Refuse unless the timer is as the caller saw it. */
export interface Check {
  readonly version?: number;
  readonly eventId?: string;
  /** No worker has claimed its event. */
  readonly unclaimed?: true;
  /** Refuse if the timer has ended. */
  readonly live?: true;
}

/** A timer by its name, in the client's own namespace if none is given, or by its id. */
export type TimerRef = { readonly key: string; readonly namespace?: string } | { readonly timerId: string };

export const defaultNamespace = 'default';

export interface CommandParts<T extends CommandType> {
  readonly type: T;
  readonly id: string;
  readonly ref: TimerRef;
  readonly body: Body<T>;
  readonly check?: Check | undefined;
}

/**
 * @param namespace of those that name none
 * @throws InvalidSpecError for a `maxFires` that JSON cannot say
 */
export function commandOf<T extends CommandType>(parts: CommandParts<T>, namespace: string): CommandWire {
  const { type, id, ref, body, check } = parts;
  refuseNoNumber(body);
  const target =
    'timerId' in ref ? { timerId: ref.timerId } : { namespace: ref.namespace ?? namespace, key: ref.key };
  // the compiler cannot see that these parts make one of the union
  return { type, id, ...target, ...body, ...(check !== undefined && { check }) } as unknown as CommandWire;
}

/** JSON makes null of NaN and of the infinite, and null is no limit. */
function refuseNoNumber(body: {
  readonly timer?: { readonly maxFires?: unknown };
  readonly set?: { readonly maxFires?: unknown };
}): void {
  const maxFires = (body.timer ?? body.set)?.maxFires;
  if (typeof maxFires !== 'number' || Number.isFinite(maxFires)) return;
  const message = `maxFires is ${maxFires}: a whole number is meant, or null for no limit`;
  throw new InvalidSpecError({ code: 'invalid-spec', message, field: 'maxFires' });
}
