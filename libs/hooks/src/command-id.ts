import { createHash } from 'node:crypto';

/**
 * The id of an answer derives from what it answers (UUIDv8, RFC 9562): sent again after a crash, it is the same command
 * and gets the first outcome.
 */
export function answerId(kind: string, eventId: string, attempt: number): string {
  const hex = createHash('sha1').update(`${kind}/${eventId}/${attempt}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
