/**
 * The switch of the whole task framework in this process. Off: services answer at once and do nothing, the allocator
 * rests, runners take nothing new. What runs goes on and is completed: nothing that was taken is dropped.
 */
export class FrameworkSwitch {
  #isOn = true;
  readonly #listeners = new Set<() => void>();

  get isOn(): boolean {
    return this.#isOn;
  }

  turn(to: 'on' | 'off'): void {
    if (this.#isOn === (to === 'on')) return;
    this.#isOn = to === 'on';
    for (const listener of this.#listeners) listener();
  }

  /** Called after each turn; answers how to end it. */
  onTurn(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Of this process; services, runners and allocators look at it unless they are given another. */
export const taskFramework = new FrameworkSwitch();
