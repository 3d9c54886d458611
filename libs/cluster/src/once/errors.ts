/** A once-job of this key is waiting or running, in whichever process. */
export class JobExistsError extends Error {
  readonly code = 'cluster/job-exists';
  constructor(readonly key: string) {
    super(`job ${key} is scheduled already: cancel it first`);
    this.name = 'JobExistsError';
  }
}

export const propsBytesMax = 10_000;
export class PropsTooLargeError extends Error {
  readonly code = 'cluster/props-too-large';
  constructor(bytes: number) {
    super(
      `props length extends limit: ${bytes} bytes, at most ${propsBytesMax}; keep them elsewhere and give a reference`,
    );
    this.name = 'PropsTooLargeError';
  }
}

/** A call that came too early, or twice. */
export class SchedulerStateError extends Error {
  readonly code = 'cluster/scheduler-state';
  constructor(message: string) {
    super(message);
    this.name = 'SchedulerStateError';
  }
}
