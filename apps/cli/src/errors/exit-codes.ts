/** What a script may rely on; docs/cli.md has the same table. */
export const exitCodes = {
  done: 0,
  /** Refused, or something was found that should not be so. */
  no: 1,
  /** Wrong words, or a file that is not there or makes no sense. Nothing was asked of anybody. */
  usage: 2,
  /** Kafka, Postgres or the API does not answer; a command may have been applied. */
  unreachable: 3,
  /** `apply --plan`: there is something to do. */
  changes: 4,
} as const;

/** The words on the command line, or a file that they name, are not right. */
export class UsageError extends Error {
  readonly code = 'cli/usage';
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
