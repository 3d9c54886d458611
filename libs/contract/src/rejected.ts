import type { CommandId, Rejection } from '#timer';

/** Characters. A reason may quote what the sender wrote, and that may be as long as a command. */
export const reasonMax = 1_000;
export const fieldMax = 256;

export interface RejectedCommand {
  readonly commandId: CommandId | null;
  readonly rejection: Rejection;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
}

/**
 * The reason as it may be stored and sent: short, so that a refused record of the largest size still fits its topic
 * beside it, and without what Postgres text or a terminal cannot show.
 */
export function tellable({ code, message, field, retryAfterMs }: Rejection): Rejection {
  return {
    code,
    message: plain(message, reasonMax),
    ...(field !== undefined && { field: plain(field, fieldMax) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function plain(text: string, charactersMax: number): string {
  const short = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
  return short
    .toWellFormed()
    .replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Key and value go as they came; the reason lies in these headers. */
export function rejectionHeaders({ commandId, rejection, source }: RejectedCommand): Record<string, string> {
  const { code, message, field, retryAfterMs } = tellable(rejection);
  return {
    code,
    message,
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs: String(retryAfterMs) }),
    ...(commandId !== null && { commandId }),
    sourceTopic: source.topic,
    sourcePartition: String(source.partition),
    sourceOffset: source.offset.toString(),
  };
}
