/** Nothing was written; the same call may succeed: a deadlock, a lost connection, a frozen client that was cut off. */
export class TransientLogError extends Error {
  readonly code = 'log/transient';
  /** Decided on what is not so any more. Once or twice that is a race; again and again it is the batch's own fault. */
  readonly isConflict: boolean;
  constructor(message: string, options: ErrorOptions & { readonly isConflict?: boolean } = {}) {
    super(message, options);
    this.name = 'TransientLogError';
    this.isConflict = options.isConflict ?? false;
  }
}

const conflictsMax = 3;

/** Whether the same batch may simply be tried again; otherwise something in it is at fault, and it is halved. */
export const mayTryAgain = (error: unknown, failures: number): error is TransientLogError =>
  error instanceof TransientLogError && !(error.isConflict && failures >= conflictsMax);

/** Nothing was written, and never will be: something in this batch cannot be stored. */
export class DataLogError extends Error {
  readonly code = 'log/data';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataLogError';
  }
}
