import type { PastState, TimerQueries } from '#engine';
import type { TimerId } from '#timer';
import { Gate } from './gate.js';

/** Folds timers of whatever length, so many at a time; who asks for what is under way shares it. */
export class Folds {
  readonly #gate: Gate;
  readonly #underWay = new Map<string, Promise<PastState>>();

  constructor(
    private readonly queries: Pick<TimerQueries, 'stateAtVersion'>,
    atOnceMax: number,
  ) {
    this.#gate = new Gate(atOnceMax);
  }

  stateAtVersion(timerId: TimerId, version: number): Promise<PastState> {
    const key = `${timerId}/${version}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const fold = this.#gate
      .run(() => this.queries.stateAtVersion(timerId, version))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, fold);
    return fold;
  }
}
