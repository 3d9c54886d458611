/** Nothing was written; the same call may succeed: a deadlock, a lost connection, a frozen client that was cut off. */
export class TransientLogError extends Error {
  readonly code = 'log/transient';
  /** Decided on what is not so any more. Once or twice that is a race; again and again it is the batch's own fault. */
  readonly isConflict: boolean;
  /** It was cut off because it took too long: the same again may take as long again, a smaller one does not. */
  readonly isTooSlow: boolean;
  /** The log has been expanded since its partitions were asked for. */
  readonly isTopologyOld: boolean;
  constructor(message: string, options: ErrorOptions & TransientTraits = {}) {
    super(message, options);
    this.name = 'TransientLogError';
    this.isConflict = options.isConflict ?? false;
    this.isTooSlow = options.isTooSlow ?? false;
    this.isTopologyOld = options.isTopologyOld ?? false;
  }
}

interface TransientTraits {
  readonly isConflict?: boolean;
  readonly isTooSlow?: boolean;
  readonly isTopologyOld?: boolean;
}

const conflictsMax = 3;

/**
 * Whether the same batch may simply be tried again; otherwise it is halved. A single item that is too slow is tried again and again:
 * that the machine has no time is no fault of its own.
 */
export const mayTryAgain = (error: unknown, failures: number, items: number): error is TransientLogError =>
  error instanceof TransientLogError &&
  !(error.isConflict && failures >= conflictsMax) &&
  !(error.isTooSlow && items > 1);

/** How long to wait before the next try: longer after each failure, a second at most. */
export const tryAgainAfterMs = (failures: number): number => Math.min(1_000, 10 * 2 ** failures);

/** Nothing was written, and never will be: something in this batch cannot be stored. */
export class DataLogError extends Error {
  readonly code = 'log/data';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataLogError';
  }
}

/** Of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
