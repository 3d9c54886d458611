import type { LogTail, LogTopology } from '#engine';
import { type Position, readPosition, topologyNumberIn } from './position.js';

/** An expansion of the log is heard of within this. */
const askedEveryMs = 1_000;

/** The log's topology as this process knows it. */
export class KnownTopology {
  #known: LogTopology | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly log: Pick<LogTail, 'topology'>) {}

  /** Without asking: whoever brings a place has had it read. */
  get known(): LogTopology {
    if (this.#known === null) throw new Error('a place was taken without the topology that it is of');
    return this.#known;
  }

  async present(): Promise<LogTopology> {
    const isFresh = performance.now() - this.#askedAt < askedEveryMs;
    return this.#known !== null && isFresh ? this.#known : this.#ask();
  }

  /** What a reader gave as its place, whichever topology it is of. @throws ProblemError `invalid-position` */
  async placeOf(text: string): Promise<Position> {
    const known = this.#known ?? (await this.#ask());
    // another process may have heard of an expansion before this one
    return readPosition(text, topologyNumberIn(text) > known.number ? await this.#ask() : known);
  }

  async #ask(): Promise<LogTopology> {
    const asked = await this.log.topology();
    this.#askedAt = performance.now();
    // answers may overtake one another
    if (this.#known === null || asked.number > this.#known.number) this.#known = asked;
    return this.#known;
  }
}
