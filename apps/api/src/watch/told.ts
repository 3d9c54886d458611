import type { StoredEvent } from '#engine';
import { matches, type TimerCondition, type TimerState } from '#timer';
import { nameOf } from './timer-name.js';

/** An event with the timer before and after it; undefined: nobody needed to know. */
export interface Told {
  readonly event: StoredEvent;
  readonly before: TimerState | null | undefined;
  readonly after: TimerState | null | undefined;
}

/** A condition, with what can be said of it by a timer's name alone. */
export class Filter {
  readonly #named: Pick<TimerCondition, 'id' | 'namespace' | 'key' | 'keyPrefix'>;
  /** Whether more than the name decides. */
  readonly needsState: boolean;

  constructor(private readonly condition: TimerCondition) {
    const { id, namespace, key, keyPrefix, ...rest } = condition;
    this.#named = {
      ...(id !== undefined && { id }),
      ...(namespace !== undefined && { namespace }),
      ...(key !== undefined && { key }),
      ...(keyPrefix !== undefined && { keyPrefix }),
    };
    this.needsState = Object.values(rest).some((part) => part !== undefined);
  }

  /** By its name alone, this timer is none of them, whatever becomes of it. */
  excludes(event: StoredEvent): boolean {
    const { id, namespace, key, keyPrefix } = this.#named;
    const name = nameOf(event);
    return (
      (id !== undefined && id !== event.timerId) ||
      (namespace !== undefined && namespace !== name.namespace) ||
      (key !== undefined && key !== name.key) ||
      (keyPrefix !== undefined && !(keyPrefix.isWellFormed() && name.key.startsWith(keyPrefix)))
    );
  }

  /** Null: not told. False: told once more, since it no longer matches. */
  verdict({ event, before, after }: Told): boolean | null {
    // a snapshot says again what is known
    if (event.type === 'TimerSnapshotted' || this.excludes(event)) return null;
    if (!this.needsState) return event.type !== 'TimerDeleted';
    const isNow = this.#holds(after);
    return isNow || this.#holds(before) ? isNow : null;
  }

  #holds(state: TimerState | null | undefined): boolean {
    return state !== null && state !== undefined && matches(this.condition, state);
  }
}
