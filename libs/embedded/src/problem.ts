/** Something a person must do before the servers can start; the message says what. */
export class EmbeddedServerProblem extends Error {
  readonly code = 'embedded/problem';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedServerProblem';
  }
}

export const wayOut =
  'Or use servers of your own: docker compose up -d, then set KAFKA_BROKERS and DATABASE_URL.';
