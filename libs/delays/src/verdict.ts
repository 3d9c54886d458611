import type { Payload } from '#timer';
import { type DelayedEvent, type EventData, payloadOf, type RunContext } from './event.js';
import { type Moment, momentOf } from './moment.js';

// What a trigger says about its event, and how it is read.

/** `ok`, `cancel`, `error` and `extended` end the event; `retry` has it run again, if attempts are left. */
export type TriggerAnswer =
  | { readonly status: 'ok'; readonly result?: string }
  | { readonly status: 'cancel'; readonly reason?: string }
  | { readonly status: 'error'; readonly error: string }
  | { readonly status: 'extended'; readonly number: number; readonly result?: string }
  | {
      readonly status: 'retry';
      /** When; absent: after the backoff. It uses up an attempt either way. */
      readonly at?: Moment;
      /** Takes the place of the event's data from now on. */
      readonly data?: EventData;
      readonly error?: string;
    };

/** Nothing returned is `ok`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a trigger without a return statement answers ok
type Answered = TriggerAnswer | undefined | void;
export type Trigger = (event: DelayedEvent, context: RunContext) => Answered | Promise<Answered>;

export const ok = (result?: string): TriggerAnswer => ({
  status: 'ok',
  ...(result !== undefined && { result }),
});
/** The trigger calls the event off. */
export const cancelled = (reason?: string): TriggerAnswer => ({
  status: 'cancel',
  ...(reason !== undefined && { reason }),
});
/** Failed for good: no further attempt. */
export const failed = (error: string): TriggerAnswer => ({ status: 'error', error });
export const retry = (
  how: { readonly at?: Moment; readonly data?: EventData; readonly error?: string } = {},
): TriggerAnswer => ({ status: 'retry', ...how });
/** A status of one's own, a whole number from 6 up. It ends the event. */
export const extended = (number: number, result?: string): TriggerAnswer => ({
  status: 'extended',
  number,
  ...(result !== undefined && { result }),
});

/** An answer, read: what a consumer acts on. */
export type Verdict =
  | {
      readonly kind: 'end';
      readonly status: EndStatus;
      readonly result: string | null;
      readonly error: string | null;
    }
  | {
      readonly kind: 'retry';
      /** Epoch ms; null: after the backoff. */
      readonly at: number | null;
      /** Undefined: the data stays. */
      readonly data?: Payload | null;
      readonly error: string;
      /** The trigger threw, or answered what is no answer. */
      readonly threw: boolean;
    };
export type EndStatus = 'OK' | 'CANCEL' | 'ERROR' | `EXTENDED(${number})`;

export const end = (
  status: EndStatus,
  result: string | null = null,
  error: string | null = null,
): Verdict => ({ kind: 'end', status, result, error });

const named = ['UNKNOWN', 'DEFAULT', 'OK', 'CANCEL', 'ERROR', 'RETRY'] as const;
/** The number of a status as text: 1 DEFAULT, 2 OK, 3 CANCEL, 4 ERROR, 5 RETRY, from 6 on `EXTENDED(n)`. */
export const statusText = (number: number): string =>
  number >= named.length ? `EXTENDED(${number})` : (named[number] ?? 'UNKNOWN');

/** @throws if it is no answer: an unknown status, a time that is none, data that cannot be kept */
export function readAnswer(answer: Answered): Verdict {
  if (answer === undefined) return end('OK');
  switch (answer?.status) {
    case 'ok':
      return end('OK', answer.result ?? null);
    case 'cancel':
      return end('CANCEL', null, answer.reason ?? null);
    case 'error':
      return end('ERROR', null, answer.error);
    case 'extended':
      if (!Number.isInteger(answer.number) || answer.number < named.length)
        throw new RangeError(`an extended status is a whole number from ${named.length} up`);
      return end(`EXTENDED(${answer.number})`, answer.result ?? null);
    case 'retry':
      return {
        kind: 'retry',
        at: answer.at === undefined ? null : momentOf(answer.at),
        ...(answer.data !== undefined && { data: payloadOf(answer.data) }),
        error: `retry: ${answer.error ?? 'the trigger asked for it'}`,
        threw: false,
      };
    default:
      throw new TypeError(`a trigger answers ok, cancel, error, retry or nothing, not ${describe(answer)}`);
  }
}

const describe = (answer: unknown): string => {
  const text = JSON.stringify(answer) ?? typeof answer;
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
};
