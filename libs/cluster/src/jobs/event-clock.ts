import type { DueEvent } from '#hooks';

/**
 * The database's clock as a handler may know it: it stood at `deadline` less the ack timeout when this attempt was
 * triggered, and has gone on as the process's monotonic clock did. No node's wall clock is trusted.
 */
export function eventClock({ deadline, ackTimeoutMs, startedAt }: DueEvent): () => Date {
  const triggeredMs = deadline === undefined ? Date.parse(startedAt) : Date.parse(deadline) - ackTimeoutMs;
  const receivedMs = performance.now();
  return () => new Date(triggeredMs + (performance.now() - receivedMs));
}
