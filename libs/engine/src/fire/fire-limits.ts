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
  /** What Kafka refused is sent again after so long: somebody must mend its topic first. */
  readonly refusedRestMs: number;
}

export const defaultFireLimits: FireLimits = Object.freeze({
  armedMax: 50_000,
  windowMs: 60_000,
  duePerBatchMax: 500,
  emissionsInFlightMax: 8,
  emissionLateMs: 1_000,
  refusedRestMs: 30_000,
});
