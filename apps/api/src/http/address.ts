import type { TimerId } from '#timer';
import { problem } from './problem-error.js';

/** Which timer a path means. */
export type TimerAddress =
  | { readonly timerId: TimerId }
  | { readonly namespace: string; readonly key: string };

/** Both forms of a timer's address; each controller of one timer has them. */
export const timerPaths = ['v1/timers/:timerId', 'v1/namespaces/:namespace/timers/:key'];

export interface AddressParams {
  readonly timerId?: string;
  readonly namespace?: string;
  readonly key?: string;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** @throws ProblemError if the id is none */
export function addressOf({ timerId, namespace = '', key = '' }: AddressParams): TimerAddress {
  if (timerId === undefined) return { namespace, key };
  const id = timerId.toLowerCase();
  if (!uuid.test(id)) throw problem('bad-request', 'a timer id is a UUID', { field: 'timerId' });
  return { timerId: id as TimerId };
}

export const spoken = (address: TimerAddress): string =>
  'timerId' in address ? address.timerId : `${address.namespace}/${address.key}`;
