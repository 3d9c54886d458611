import { AsyncLocalStorage } from 'node:async_hooks';

/** An update or a close called for another one of its own id, which would have waited for it: for ever, if it waits for that. */
export class ReentrantCallError extends Error {
  readonly code = 'expiry/reentrant-call';
  constructor(readonly id: string) {
    super(`'${id}' is being updated or closed by the caller itself: call again when that has returned`);
    this.name = 'ReentrantCallError';
  }
}

/** What it leaves behind (a timer, a listener) finds it over. */
interface Turn {
  readonly key: string;
  isOver: boolean;
}

/** Work of one key runs one after the other, in order of arrival; work of different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();
  /** The turns that the caller is within. */
  readonly #within = new AsyncLocalStorage<readonly Turn[]>();

  /** Keys with work under way. */
  get size(): number {
    return this.#tails.size;
  }

  /**
   * @param signal once it has fired, the work is skipped when its turn comes: the call rejects with its reason
   * @throws ReentrantCallError from within work of the same key
   */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const within = (this.#within.getStore() ?? []).filter(({ isOver }) => !isOver);
    if (within.some((outer) => outer.key === key)) throw new ReentrantCallError(key);
    const turn: Turn = { key, isOver: false };
    const begin = async (): Promise<T> => {
      signal?.throwIfAborted();
      try {
        return await this.#within.run([...within, turn], work);
      } finally {
        turn.isOver = true;
      }
    };
    // whatever became of the one before, it is over
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(begin, begin);
    const tail = result
      .catch(() => undefined)
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    this.#tails.set(key, tail);
    return result;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
