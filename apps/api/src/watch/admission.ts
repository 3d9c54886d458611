import type { LogTail } from '#engine';
import { problem } from '../http/problem-error.js';
import { isKept } from './catch-up.js';
import type { Position } from './position.js';

/** Who may watch: so many at a time, those among them who are still being let in. */
export class Admission {
  #entering = 0;

  /** @param watching how many are in */
  constructor(
    private readonly watchersMax: number,
    private readonly watching: () => number,
    private readonly past: () => LogTail,
  ) {}

  /**
   * Holds a place for who comes from there while the log is asked, then lets them in by `enter`, who may find them gone.
   * @throws ProblemError: no room, or a position that the log no longer has
   */
  async admit(from: Position | null, enter: () => void): Promise<void> {
    if (this.watching() + this.#entering >= this.watchersMax)
      throw problem('too-many-watchers', `this process holds ${this.watchersMax} watchers; ask another one`);
    this.#entering += 1;
    try {
      if (from !== null && !(await isKept(this.past(), from)))
        throw problem(
          'history-expired',
          'the log no longer has what came after Last-Event-ID: read the list, then watch anew',
          { field: 'Last-Event-ID' },
        );
      enter();
    } finally {
      this.#entering -= 1;
    }
  }
}
