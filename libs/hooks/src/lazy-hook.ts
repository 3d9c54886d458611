import { type Logger, settlesWithin } from '#kafka';
import type { AskHandler, Hook, HookFactory, HookHandler } from './handler.js';

/** A hook that still starts when the handlers have had their time to end is waited for no longer than this. */
export const startingMaxMs = 1_000;

/**
 * A hook that is made when the first event of its class comes, started before that event and stopped once. One that
 * cannot start fails its event, which is tried again as its timer says; each time a new hook is made.
 */
export class LazyHook implements Hook {
  #hook: Promise<Hook> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(
    private readonly hookClass: string,
    private readonly factory: HookFactory,
    private readonly log: Logger,
  ) {}

  readonly handle: HookHandler = async (event, context) => {
    const hook = await this.#started();
    return hook.handle(event, context);
  };

  readonly ask: AskHandler = async (event) => {
    const hook = await this.#started();
    return hook.ask?.(event);
  };

  /** Once, however often it is called; a hook that no event ever needed was never made. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #started(): Promise<Hook> {
    if (this.#stopping !== null) return Promise.reject(new Error(`hook ${this.hookClass} was stopped`));
    this.#hook ??= this.#make().catch((error: unknown) => {
      this.#hook = null;
      throw error;
    });
    return this.#hook;
  }

  async #make(): Promise<Hook> {
    const hook = await this.factory.create(this.hookClass);
    try {
      await hook.start?.();
      return hook;
    } catch (error) {
      // it may hold half of what it wanted
      await this.#end(hook);
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const made = this.#hook?.catch(() => null) ?? Promise.resolve(null);
    // one that starts after all is stopped then
    const ended = made.then((hook) => (hook === null ? undefined : this.#end(hook)));
    if (await settlesWithin(startingMaxMs, made)) return ended;
    this.log.error({ hookClass: this.hookClass }, 'a hook has not started, and is not waited for any longer');
  }

  async #end(hook: Hook): Promise<void> {
    try {
      await hook.stop?.();
    } catch (error) {
      this.log.error({ hookClass: this.hookClass, error: String(error) }, 'a hook did not stop well');
    }
  }
}
