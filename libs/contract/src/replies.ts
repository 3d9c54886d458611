import { z } from 'zod';
import type { Rejection, TimerState } from '#timer';
import { type TimerRecord, timerRecord } from './record.js';
import { tellable } from './rejected.js';

/** Of a command that was applied before, and of which the history cannot tell how the timer looked then: `id` and `version` alone. */
export type AppliedTimer = Pick<TimerRecord, 'id' | 'version'> & Partial<TimerRecord>;
export type Reply =
  | { readonly ok: true; readonly timer: AppliedTimer }
  | ({ readonly ok: false } & Rejection);

export const acceptedReply = (state: TimerState): string =>
  JSON.stringify({ ok: true, timer: timerRecord(state) });
/** Applied once, and the history that would tell how the timer looked then is gone, or too long to be folded for an answer. */
export const appliedReply = (id: string, version: number): string =>
  JSON.stringify({ ok: true, timer: { id, version } });
export const isWholeTimer = (timer: AppliedTimer): timer is TimerRecord => timer.key !== undefined;
export const refusedReply = (rejection: Rejection): string =>
  JSON.stringify({ ok: false, ...tellable(rejection) });

export const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), timer: z.looseObject({ id: z.string(), version: z.number() }) }),
  z.object({
    ok: z.literal(false),
    code: z.string(),
    message: z.string(),
    field: z.string().optional(),
    retryAfterMs: z.int().optional(),
  }),
]);

/** Whose the attempt is, of a claim or an answer that was refused because of it; null: it was refused for something else. */
export const claimantOf = ({ code, message }: Rejection): string | null =>
  code === 'already-claimed' ? (/^(.*) has claimed this attempt$/s.exec(message)?.[1] ?? null) : null;

/** @throws if it is not a reply of ours */
export function parseReply(text: string): Reply {
  const reply: unknown = JSON.parse(text);
  // a client reads thousands a second, and the schema would copy each field of the timer to say the same
  if (isAccepted(reply)) return reply;
  return replySchema.parse(reply) as unknown as Reply;
}

function isAccepted(reply: unknown): reply is Extract<Reply, { readonly ok: true }> {
  const { ok, timer } = (reply ?? {}) as {
    readonly ok?: unknown;
    readonly timer?: Partial<AppliedTimer> | null;
  };
  return ok === true && typeof timer?.id === 'string' && typeof timer.version === 'number';
}
