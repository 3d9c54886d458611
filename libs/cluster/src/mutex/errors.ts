/** `unlock` without a lock. */
export class MutexNotLockedError extends Error {
  readonly code = 'cluster/not-locked';
  constructor(readonly key: string) {
    super(`mutex ${key} has not been acquired`);
    this.name = 'MutexNotLockedError';
  }
}

/** The lease was over before the work was: another process may hold the lock by now, and a resource that checks tokens is safe. */
export class LockLostError extends Error {
  readonly code = 'cluster/lock-lost';
  constructor(
    readonly key: string,
    readonly token: number,
    options?: ErrorOptions,
  ) {
    super(`the lock on ${key} with token ${token} was lost`, options);
    this.name = 'LockLostError';
  }
}
