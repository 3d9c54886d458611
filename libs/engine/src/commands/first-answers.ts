import type { AppliedCommand, CommandId, Rejection, TimerId, TimerState } from '#timer';
import {
  type LoadedTimers,
  type RefusedRecord,
  recordKey,
  refusedKeyBytesMax,
  type TimerTarget,
  type TimerVersion,
  type Tombstone,
} from '../log/timer-log.js';

/**
 * What became of commands before, in earlier batches and in this one. An id counts for one timer: a client that gives the same to
 * commands for two timers gets an answer for each.
 */
export class FirstAnswers {
  readonly #refused: Map<CommandId, readonly RefusedRecord[]>;
  readonly #unchanged: Map<CommandId, readonly TimerVersion[]>;
  /** Of timers deleted in this very batch, by name and by id. */
  readonly #buried = new Map<string, Tombstone[]>();

  constructor(private readonly loaded: LoadedTimers) {
    this.#refused = new Map(loaded.rejected);
    this.#unchanged = new Map(loaded.unchanged);
  }

  /** A refusal says nothing of a record with another key. Without a key, the id alone must tell. */
  refusalOf(commandId: CommandId, key: Buffer | null): Rejection | null {
    const about = (refused: RefusedRecord): boolean =>
      key === null || refused.key === null || refused.key.equals(key.subarray(0, refusedKeyBytesMax));
    return this.#refused.get(commandId)?.find(about)?.rejection ?? null;
  }

  /** The version that the command gave to its timer, or met and left; `live`: what the target is now. */
  versionOf(commandId: CommandId, target: TimerTarget, live: TimerState | null): TimerVersion | null {
    const met = this.#unchanged.get(commandId) ?? [];
    if (live !== null) {
      const here =
        met.find(({ timerId }) => timerId === live.id) ?? appliedBy(commandId, live.id, live.recent);
      if (here !== null) return here;
    }
    for (const { timerId, recent } of this.#tombstonesOf(target)) {
      const there = met.find((entry) => entry.timerId === timerId) ?? appliedBy(commandId, timerId, recent);
      if (there !== null) return there;
    }
    return null;
  }

  refuse(commandId: CommandId, key: Buffer | null, rejection: Rejection): void {
    const former = this.#refused.get(commandId) ?? [];
    this.#refused.set(commandId, [
      ...former,
      { key: key?.subarray(0, refusedKeyBytesMax) ?? null, rejection },
    ]);
  }

  leave(commandId: CommandId, met: TimerVersion): void {
    this.#unchanged.set(commandId, [...(this.#unchanged.get(commandId) ?? []), met]);
  }

  bury({ id, spec }: TimerState, recent: readonly AppliedCommand[]): void {
    for (const name of [recordKey(spec.namespace, spec.key), id])
      this.#buried.set(name, [...(this.#buried.get(name) ?? []), { timerId: id, recent }]);
  }

  /** A name may have had several lives: a command that an earlier one has seen is not new to a later one. */
  #tombstonesOf(target: TimerTarget): readonly Tombstone[] {
    if ('timerId' in target) {
      const tombstone = this.loaded.tombstonesById.get(target.timerId);
      return [...(tombstone === undefined ? [] : [tombstone]), ...(this.#buried.get(target.timerId) ?? [])];
    }
    const name = recordKey(target.namespace, target.key);
    return [...(this.loaded.tombstones.get(name) ?? []), ...(this.#buried.get(name) ?? [])];
  }
}

function appliedBy(
  commandId: CommandId,
  timerId: TimerId,
  recent: readonly AppliedCommand[],
): TimerVersion | null {
  const applied = recent.find((entry) => entry.commandId === commandId);
  return applied === undefined ? null : { timerId, version: applied.version };
}
