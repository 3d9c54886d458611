import { LRUCache } from 'lru-cache';
import type { StoredEvent, TimerQueries } from '#engine';
import { type CommandId, eventFromJson, evolve, type TimerId, type TimerState } from '#timer';
import type { Told } from './told.js';

/** What a state costs beside its texts, bytes; roughly. */
const stateBytes = 2_000;
const loadsAtOnceMax = 8;
/** A timer of more versions may take long to fold: whoever shares a follower with others does it beside them. */
export const quickVersionMax = 1_000;

/**
 * What timers were before and after each event, for conditions that a name does not decide. A timer is folded from its
 * history when it is first met; after that its own events carry it on, as long as it stays among the remembered.
 */
export class StateFollower {
  readonly #states: LRUCache<TimerId, TimerState>;

  constructor(
    private readonly queries: Pick<TimerQueries, 'stateAtVersion'>,
    bytesMax: number,
  ) {
    this.#states = new LRUCache({ maxSize: bytesMax, sizeCalculation: sizeOf });
  }

  /** Events before which a timer is not known here that may take long to fold. */
  slow(events: readonly StoredEvent[]): readonly StoredEvent[] {
    const met = new Set<TimerId>();
    return events.filter(({ timerId, version }) => {
      if (version <= quickVersionMax || met.has(timerId)) return false;
      met.add(timerId);
      return this.#states.peek(timerId)?.version !== version - 1;
    });
  }

  /** What another follower knows that has come to the same place. */
  adopt(other: StateFollower): void {
    for (const [timerId, state] of [...other.#states].reverse())
      if ((this.#states.peek(timerId)?.version ?? 0) < state.version) this.#states.set(timerId, state);
  }

  /** In the order given; events that `isWanted` leaves out keep their states unknown. */
  async follow(events: readonly StoredEvent[], isWanted: (event: StoredEvent) => boolean): Promise<Told[]> {
    const wanted = events.filter(isWanted);
    await this.#load(wanted);
    const among = new Set(wanted);
    return events.map((event) => (among.has(event) ? this.#step(event) : this.#unknown(event)));
  }

  #step(event: StoredEvent): Told {
    const before = this.#before(event);
    if (before === undefined) return { event, before, after: undefined };
    const after = evolve(before, {
      version: event.version,
      commandId: event.commandId as CommandId | null,
      event: eventFromJson(event.data),
    });
    if (after === null) this.#states.delete(event.timerId);
    else this.#states.set(event.timerId, after);
    return { event, before, after };
  }

  /** It has moved on without us. */
  #unknown(event: StoredEvent): Told {
    this.#states.delete(event.timerId);
    return { event, before: undefined, after: undefined };
  }

  #before({ timerId, version }: StoredEvent): TimerState | null | undefined {
    if (version === 1) return null;
    const known = this.#states.get(timerId);
    return known?.version === version - 1 ? known : undefined;
  }

  /** Of each timer whose state is not the one before its first event here. */
  async #load(events: readonly StoredEvent[]): Promise<void> {
    const first = new Map<TimerId, number>();
    for (const { timerId, version } of events) if (!first.has(timerId)) first.set(timerId, version);
    const missing = [...first].filter(
      ([timerId, version]) => version > 1 && this.#states.peek(timerId)?.version !== version - 1,
    );
    for (let at = 0; at < missing.length; at += loadsAtOnceMax)
      await Promise.all(missing.slice(at, at + loadsAtOnceMax).map((one) => this.#loadOne(...one)));
  }

  async #loadOne(timerId: TimerId, version: number): Promise<void> {
    const past = await this.queries.stateAtVersion(timerId, version - 1);
    if (past.kind === 'state') this.#states.set(timerId, past.state);
  }
}

const sizeOf = ({ spec, summary, open }: TimerState): number =>
  stateBytes +
  (spec.data?.text.length ?? 0) +
  (summary?.text.length ?? 0) +
  (open?.data?.text.length ?? 0) +
  (open?.progress?.text.length ?? 0);
