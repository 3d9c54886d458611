import type { TimerRef } from '#client';

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A timer as it is typed: its id, or its key in the namespace of `--namespace`. */
export const refOf = (typed: string): TimerRef =>
  uuid.test(typed) ? { timerId: typed.toLowerCase() } : { key: typed };
