import type { Rejection, RejectionCode } from '#timer';

/** Why a command was refused, from the columns code, message, field, retry_after_ms. */
export const storedReason = ([code, message, field, retryAfterMs]: readonly unknown[]): Rejection => ({
  code: code as RejectionCode,
  message: String(message),
  ...(field !== null && { field: String(field) }),
  ...(retryAfterMs !== null && { retryAfterMs: Number(retryAfterMs) }),
});
