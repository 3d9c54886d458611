/** Nothing was written; the same call may succeed: a deadlock, a lost connection, a frozen client that was cut off. */
export class TransientLogError extends Error {
  readonly code = 'log/transient';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransientLogError';
  }
}

/** Nothing was written, and never will be: something in this batch cannot be stored. */
export class DataLogError extends Error {
  readonly code = 'log/data';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataLogError';
  }
}
