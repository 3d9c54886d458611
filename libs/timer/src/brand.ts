/** A nominal type: a TimerId cannot be passed for an EventId, though both are text. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** UUIDv7 whose `rand_a` field carries the timer's slot, so an id alone finds its slot. */
export type TimerId = Brand<string, 'TimerId'>;
/** Names one firing of one timer; kept through every attempt. */
export type EventId = Brand<string, 'EventId'>;
/** Chosen by the client; the same id again gets the first outcome again. */
export type CommandId = Brand<string, 'CommandId'>;
/** Milliseconds since 1970-01-01T00:00:00Z: the only way the domain writes a moment. */
export type EpochMs = Brand<number, 'EpochMs'>;

export const laterBy = (moment: EpochMs, durationMs: number): EpochMs => (moment + durationMs) as EpochMs;
export const later = (a: EpochMs, b: EpochMs): EpochMs => (a > b ? a : b);

/** For a `default` branch: a union member that nobody handles does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
