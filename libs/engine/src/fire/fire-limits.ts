export interface FireLimits {
  /** Timers held in memory, however many are scheduled. */
  readonly armedMax: number;
  /** How far ahead timers are read into memory. */
  readonly windowMs: number;
  readonly duePerBatchMax: number;
  /** Batches that are committed but not acknowledged by Kafka; firing waits above. */
  readonly emissionsInFlightMax: number;
  /** A first acknowledgement later than this moves the ack deadlines of its events. */
  readonly emissionLateMs: number;
  /** What Kafka refused rests as long as it has been owed by then, but no less than this: some refusals pass by themselves. */
  readonly refusedRestMinMs: number;
  /** And no more than this: somebody must mend its topic first. */
  readonly refusedRestMaxMs: number;
}

export const defaultFireLimits: FireLimits = Object.freeze({
  armedMax: 50_000,
  windowMs: 60_000,
  duePerBatchMax: 500,
  emissionsInFlightMax: 8,
  emissionLateMs: 1_000,
  refusedRestMinMs: 1_000,
  refusedRestMaxMs: 30_000,
});
