import { supposedTimer, type TimerRecord, timerRecord } from '#contract';
import type { EpochMs } from '#timer';

/** A timer as a file says it: the fields of a create, by their wire names. */
export type DeclaredFields = Readonly<Record<string, unknown>>;

export type Declared =
  | { readonly ok: true; readonly record: TimerRecord }
  | { readonly ok: false; readonly field?: string; readonly message: string };

/** The timer that a create of these fields would make, defaults and all: decided as the scheduler decides it, and nothing sent. */
export function declared(namespace: string, key: string, timer: DeclaredFields, now: number): Declared {
  const supposed = supposedTimer({ ...timer, namespace, key }, now as EpochMs);
  if (supposed.ok) return { ok: true, record: timerRecord(supposed.value) };
  const { message, field } = supposed.rejection;
  return { ok: false, message, ...(field !== undefined && { field }) };
}
