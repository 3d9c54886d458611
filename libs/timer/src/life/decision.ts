import type { Decision } from '../decider.js';
import type { TimerEvent } from '../event.js';
import type { Rejection, RejectionCode } from '../rejection.js';

export const accept = (...events: readonly TimerEvent[]): Decision => ({ ok: true, events });
export const refuse = (rejection: Rejection): Decision => ({ ok: false, rejection });
export const reject = (code: RejectionCode, message: string, field?: string): Decision =>
  refuse({ code, message, ...(field !== undefined && { field }) });
