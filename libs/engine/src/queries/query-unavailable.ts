/** The store did not answer, or not in time. Nothing is wrong with what was asked; asking again, or for less, may do. */
export class QueryUnavailableError extends Error {
  readonly code = 'query/unavailable';
  constructor(
    message: string,
    readonly isTimeout: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'QueryUnavailableError';
  }
}
