/** Work of one key runs one after the other, in order of arrival; work of different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Keys with work under way. */
  get size(): number {
    return this.#tails.size;
  }

  /** @param signal once it has fired, the work is skipped when its turn comes: the call rejects with its reason */
  run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = async (): Promise<T> => {
      signal?.throwIfAborted();
      return work();
    };
    // whatever became of the one before, it is over
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(turn, turn);
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
