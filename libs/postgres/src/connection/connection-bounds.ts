/**
 * Of every connection: a server that is frozen takes it and says nothing, one that vanished sends no reset, and without these whoever waits
 * for an answer would wait for as long as the network pleases, or for ever.
 */
export const connectionBounds = Object.freeze({
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
});
