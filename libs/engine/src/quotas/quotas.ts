import type { Rejection } from '#timer';
import { everyNamespace } from '../access/grants.js';
import type { UnmintedCommand } from '../commands/envelope.js';

/** What a namespace may use; null: as much as it likes. */
export interface Quota {
  /** That have not ended. */
  readonly timers: number | null;
  readonly commandsPerSecond: number | null;
  /** Commands at once, after a pause. */
  readonly commandsBurst: number | null;
  /** Of one command, as its record: key and value. */
  readonly payloadBytes: number | null;
}
export type QuotaField = 'timers' | 'commandsPerSecond' | 'payloadBytes';
/** By namespace; `*` stands for all that are not named, and for whatever those that are named leave out. */
export type QuotaSettings = Readonly<Record<string, QuotaPart>>;
type QuotaPart = { readonly [Field in keyof Quota]?: Quota[Field] | undefined };

export interface OverQuota extends Rejection {
  readonly code: 'quota-exceeded';
  readonly field: QuotaField;
}

/** The quotas of all namespaces, as they were declared. */
export class Quotas {
  readonly #others: Quota | null;
  readonly #named: ReadonlyMap<string, Quota>;
  /** Whether anybody's timers are bounded. */
  readonly boundTimers: boolean;

  constructor(settings: QuotaSettings) {
    const { [everyNamespace]: others, ...named } = settings;
    this.#others = others === undefined ? null : quotaOf(others, {});
    this.#named = new Map(
      Object.entries(named).map(([namespace, own]) => [namespace, quotaOf(own, others ?? {})]),
    );
    this.boundTimers = [this.#others, ...this.#named.values()].some(
      (quota) => quota !== null && quota.timers !== null,
    );
  }

  /** Null: it may use as much as it likes. */
  of(namespace: string): Quota | null {
    return this.#named.get(namespace) ?? this.#others;
  }
}

function quotaOf(own: QuotaPart, others: QuotaPart): Quota {
  const of = (field: keyof Quota): number | null => {
    const given = own[field];
    return (given === undefined ? others[field] : given) ?? null;
  };
  const commandsPerSecond = of('commandsPerSecond');
  // a burst belongs to its rate; without one, what a second allows may come at once
  const commandsBurst = own.commandsPerSecond === undefined ? of('commandsBurst') : own.commandsBurst;
  return {
    timers: of('timers'),
    commandsPerSecond,
    commandsBurst: commandsBurst ?? commandsPerSecond,
    payloadBytes: of('payloadBytes'),
  };
}

/**
 * Refused once, these would be missed: an event that cannot be closed fires again, a lease that cannot be renewed is lost, and a
 * parent would wait for a child for ever. So no quota counts them.
 */
const uncounted: ReadonlySet<UnmintedCommand['type']> = new Set([
  'CloseEvent',
  'RetryEvent',
  'HeartbeatEvent',
  'ClaimEvent',
  'AnswerPreSchedule',
  'RenewLease',
  'ReleaseLease',
  'EndChild',
]);
export const isCounted = ({ type }: { readonly type: UnmintedCommand['type'] }): boolean =>
  !uncounted.has(type);

/** Null: it is not too large for its namespace. In one place, so that a caller is told the same wherever it is refused. */
export function payloadRefusal(quota: Quota | null, namespace: string, bytes: number): OverQuota | null {
  const max = quota?.payloadBytes ?? null;
  if (max === null || bytes <= max) return null;
  return {
    code: 'quota-exceeded',
    field: 'payloadBytes',
    message: `the command has ${bytes} bytes, and the quota of namespace ${namespace} is ${max} bytes a command: keep the data elsewhere and send a reference`,
  };
}

export function timersRefusal(namespace: string, timers: number, max: number): OverQuota {
  return {
    code: 'quota-exceeded',
    field: 'timers',
    message: `namespace ${namespace} has ${timers} timers that have not ended, and its quota is ${max}: delete or cancel some, then send it again under a new id`,
  };
}

export function rateRefusal(namespace: string, perSecond: number, retryAfterMs: number): OverQuota {
  return {
    code: 'quota-exceeded',
    field: 'commandsPerSecond',
    message: `namespace ${namespace} has used its quota of ${perSecond} commands a second: send it again in ${retryAfterMs} ms, under a new id`,
    retryAfterMs,
  };
}
