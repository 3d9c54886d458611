import { deadEvent, dueTypes, eventTypePrefix } from '#contract';
import type { Logger } from '#kafka';
import type { GivenUp, GivenUpList } from '../ports.js';
import type { FollowedRecord } from './feed-follower.js';
import { readJson } from './read-json.js';
import { typeOf } from './settings.js';

interface Entry extends GivenUp {
  readonly version: number;
}

const endings = [`${eventTypePrefix}EventRedriven`, `${eventTypePrefix}TimerDeleted`];

/**
 * Dead letters that nobody has redriven or deleted since. All that are there come before the feed does; from then on records
 * of both come side by side, and of what ended a moment ago a dead letter may still be on its way.
 */
export class GivenUpEvents {
  readonly #byTimer = new Map<string, Entry>();
  /** Versions at which timers were redriven or deleted, the last `max`. */
  readonly #overAt = new Map<string, number>();
  #isComplete = true;

  constructor(
    private readonly namespace: string,
    private readonly log: Logger,
    private readonly max: number,
  ) {}

  list(): GivenUpList {
    const events = [...this.#byTimer.values()]
      .sort((a, b) => a.givenUpAt.getTime() - b.givenUpAt.getTime())
      .map(({ version: _version, ...givenUp }) => givenUp);
    return { events, isComplete: this.#isComplete };
  }

  take(record: FollowedRecord): void {
    const [type, timerId] = [record.headers.ce_type?.toString(), record.headers.ce_timerid?.toString()];
    const version = Number(record.headers.ce_timerversion?.toString());
    if (timerId === undefined) return;
    if (type === dueTypes.dead) this.#add(timerId, version, record);
    else if (type !== undefined && endings.includes(type)) this.#end(timerId, version);
  }

  #add(timerId: string, version: number, record: FollowedRecord): void {
    if (version < (this.#overAt.get(timerId) ?? 0)) return;
    const read = deadEvent.safeParse(readJson(record.value?.toString('utf8')));
    if (!read.success) {
      this.log.warn({ timerId, error: read.error.message }, 'a dead letter that cannot be read');
      return;
    }
    const { timer, eventId, attempts, scheduledFor, givenUpAt, eventData, error } = read.data;
    this.#byTimer.set(timerId, {
      version,
      id: timer.key,
      type: typeOf(this.namespace, timer.hookClass),
      eventId,
      attempts,
      triggerTime: new Date(scheduledFor),
      givenUpAt: new Date(givenUpAt),
      data: eventData ?? timer.data ?? null,
      lastError: error ?? null,
    });
    if (this.#byTimer.size <= this.max) return;
    forgetOldest(this.#byTimer);
    this.#isComplete = false;
  }

  #end(timerId: string, version: number): void {
    this.#overAt.set(timerId, version);
    if (this.#overAt.size > this.max) forgetOldest(this.#overAt);
    if ((this.#byTimer.get(timerId)?.version ?? version) < version) this.#byTimer.delete(timerId);
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
