import { LRUCache } from 'lru-cache';
import type { Reply } from '#contract';

/** What matters of an outcome for its receipt; the timer itself is in the log. */
export type KeptOutcome =
  | { readonly ok: true; readonly timerId: string; readonly version: number }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly field?: string };

/**
 * Outcomes of commands that nobody waited for. The log tells them as well, but for one that was accepted and changed
 * nothing (a pause of a paused timer): that one leaves no trace there.
 */
export class OutcomeMemory {
  readonly #outcomes = new LRUCache<string, KeptOutcome>({ max: 10_000, ttl: 3_600_000 });

  keep(commandId: string, reply: Reply): void {
    this.#outcomes.set(
      commandId,
      reply.ok ? { ok: true, timerId: reply.timer.id, version: reply.timer.version } : reply,
    );
  }

  of(commandId: string): KeptOutcome | null {
    return this.#outcomes.get(commandId) ?? null;
  }
}
