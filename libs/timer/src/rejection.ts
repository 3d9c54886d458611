/** Why a command was not applied. Codes are stable: clients switch on them. */
export const rejectionCodes = [
  'timer-exists',
  'timer-not-exist',
  'version-not-match',
  'event-id-not-match',
  'stale-attempt',
  'event-open',
  'no-open-event',
  'timer-disabled',
  'timer-paused',
  'timer-not-paused',
  'timer-ended',
  'timer-faulted',
  'manual-request-pending',
  'not-given-up',
  'already-claimed',
  'not-claimed',
  'not-asking',
  'lease-held',
  'lease-lost',
  'lease-remembered',
  'invalid-spec',
  'invalid-command',
  'unreadable',
  'too-large',
  'quota-exceeded',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

export interface Rejection {
  readonly code: RejectionCode;
  /** For a person: what is wrong and what would be right. */
  readonly message: string;
  /** The field at fault, by its wire name (`schedPolicyExpr`, `retry.min`). */
  readonly field?: string;
  /** Of a rate: when a command like it would be taken, ms from the refusal on. Under a new id: the same one has its answer. */
  readonly retryAfterMs?: number;
}
