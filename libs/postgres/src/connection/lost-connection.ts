// 08 connection exception, 53 insufficient resources (too many connections), 57 operator intervention (shutting down, cancelled).
const lostCodes =
  /^(08|53|57)[0-9A-Z]{3}$|^(ECONN|EPIPE|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN)/;
/** What `pg` and its pool say of a server that is away or silent; they give it no code. */
const lostMessages =
  /^(timeout expired|timeout exceeded when trying to connect|Query read timeout|Connection terminated)/;

/** Whether Postgres cannot be reached, is going away or did not answer in time: nothing is said about the query. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // several addresses of one name were tried: Node tells each by itself
  if (error instanceof AggregateError && error.errors.some(isLostConnection)) return true;
  // of a network's address, or of a socket that is a file
  if ('syscall' in error && error.syscall === 'connect') return true;
  const code = 'code' in error ? String(error.code) : '';
  return lostCodes.test(code) || lostMessages.test(error.message);
}
