import type { EpochMs, TimerEvent, TimerState } from '#timer';

/** Something the fire service owes to Kafka because of one log event. */
export type Emission =
  /** A due event: the first attempt or another one. */
  | { readonly kind: 'due'; readonly state: TimerState }
  /** A pre-schedule question. */
  | { readonly kind: 'ask'; readonly state: TimerState }
  /** `before` still holds the open event that was given up. */
  | {
      readonly kind: 'dead';
      readonly before: TimerState;
      readonly state: TimerState;
      readonly at: EpochMs;
      readonly error: string | null;
    };

/** What an event makes the fire service send; null: nothing. */
export function emissionOf(
  event: TimerEvent,
  before: TimerState | null,
  after: TimerState | null,
): Emission | null {
  if (after === null) return null;
  switch (event.type) {
    case 'EventTriggered':
      // without a hook class nobody is to be told: the timer closes itself
      return after.spec.hookClass === '' ? null : { kind: 'due', state: after };
    case 'EventRedelivered':
      return { kind: 'due', state: after };
    case 'PreScheduleAsked':
      return { kind: 'ask', state: after };
    case 'EventGivenUp':
      return before === null
        ? null
        : { kind: 'dead', before, state: after, at: event.at, error: event.error };
    default:
      return null;
  }
}

/** The emission of a timer as it stands now, for one whose first sending was never acknowledged. */
export function presentEmission(state: TimerState): Emission | null {
  switch (state.open?.phase) {
    case 'delivered':
      return { kind: 'due', state };
    case 'asking':
      return { kind: 'ask', state };
    default:
      return null;
  }
}

/** A dead letter once more, from the state that was given up: its clock had struck when it was. */
export const repeatedDeadLetter = (before: TimerState, state: TimerState): Emission => ({
  kind: 'dead',
  before,
  state,
  at: before.nextFireAt ?? before.createTime,
  error: before.open?.lastError ?? null,
});

/** Kafka will not have some of these; the rest of the call was acknowledged. */
export class EmissionRefused extends Error {
  readonly code = 'fire/emission-refused';
  /** Kafka was asked before, and not now: whether it is there is not known. */
  readonly isRemembered: boolean;
  constructor(
    message: string,
    readonly refused: readonly Emission[],
    { isRemembered = false, ...options }: ErrorOptions & { readonly isRemembered?: boolean } = {},
  ) {
    super(message, options);
    this.isRemembered = isRemembered;
    this.name = 'EmissionRefused';
  }
}

export interface EmissionSink {
  /**
   * Sends; resolves when Kafka has acknowledged all of them.
   * @throws EmissionRefused once all others are acknowledged, or whatever says that Kafka does not answer
   */
  emit(emissions: readonly Emission[]): Promise<void>;
}
