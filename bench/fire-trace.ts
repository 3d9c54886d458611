import type { Emission, EmissionSink, TimerLog } from '#engine';

/** One transaction of the fire service. Moments are epoch ms with fractions, by the machine's clock. */
export interface TracedTransaction {
  readonly beganAt: number;
  readonly loadedAt: number;
  readonly decidedAt: number;
  readonly committedAt: number;
  readonly timerIds: readonly string[];
}
export interface TracedSend {
  readonly beganAt: number;
  readonly acknowledgedAt: number;
  readonly events: readonly { readonly timerId: string; readonly dueAt: number }[];
}
export interface Trace {
  readonly transactions: readonly TracedTransaction[];
  readonly sends: readonly TracedSend[];
}

const now = (): number => performance.timeOrigin + performance.now();

/** When each step of each firing was taken, seen from outside: what is measured runs as it is. */
export class FireTrace {
  #transactions: TracedTransaction[] = [];
  #sends: TracedSend[] = [];

  /** Since it was last asked. */
  take(): Trace {
    const taken = { transactions: this.#transactions, sends: this.#sends };
    [this.#transactions, this.#sends] = [[], []];
    return taken;
  }

  readonly log = (log: TimerLog): TimerLog => ({
    stateAt: (timerId, version) => log.stateAt(timerId, version),
    storedOffsets: (topic, partitions) => log.storedOffsets(topic, partitions),
    transact: async (request, decide) => {
      const beganAt = now();
      let [loadedAt, decidedAt, timerIds]: [number, number, string[]] = [beganAt, beganAt, []];
      const result = await log.transact(request, (loaded) => {
        loadedAt = now();
        timerIds = loaded.due.map(({ state }) => state.id);
        const writes = decide(loaded);
        decidedAt = now();
        return writes;
      });
      this.#transactions.push({ beganAt, loadedAt, decidedAt, committedAt: now(), timerIds });
      return result;
    },
  });

  readonly sink = (sink: EmissionSink): EmissionSink => ({
    emit: async (emissions) => {
      const beganAt = now();
      await sink.emit(emissions);
      this.#sends.push({ beganAt, acknowledgedAt: now(), events: emissions.flatMap(firstAttempt) });
    },
  });
}

const firstAttempt = ({ kind, state }: Emission): TracedSend['events'][number][] =>
  kind === 'due' && state.open?.attempt === 1 ? [{ timerId: state.id, dueAt: state.open.scheduledFor }] : [];
