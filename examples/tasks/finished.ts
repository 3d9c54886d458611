/** What the example has seen end. */
export class Finished {
  readonly #ids = new Set<string>();
  #onAdd: () => void = () => undefined;

  add(id: string): void {
    this.#ids.add(id);
    this.#onAdd();
  }

  /** Resolves when all of these have ended. */
  all(ids: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      this.#onAdd = () => {
        if (ids.every((id) => this.#ids.has(id))) resolve();
      };
      this.#onAdd();
    });
  }
}
