import { inTopology, type LogTopology, partitionsAt, readableOf } from '#engine';
import { problem } from '../http/problem-error.js';

/** How far somebody has read each partition of the log. */
export type Position = ReadonlyMap<number, bigint>;

// `1.2s-0-1f`: the topology's number, then each partition's position in base 36.

/** Number of the topology that a position names; it may be one that this process has not heard of. */
export const topologyNumberIn = (text: string): number => Number(/^([1-9][0-9]{0,4})\./.exec(text)?.[1]);

/**
 * Also of an earlier topology: what came later begins at its beginning.
 * @throws ProblemError `invalid-position`
 */
export function readPosition(text: string, topology: LogTopology): Position {
  const parts = text.slice(text.indexOf('.') + 1).split('-');
  const number = topologyNumberIn(text);
  const isOurs = number <= topology.number && parts.length === partitionsAt(topology, number);
  if (!isOurs || !parts.every((part) => /^[0-9a-z]{1,13}$/.test(part)))
    throw problem('invalid-position', 'Last-Event-ID is not one that this log has given out', {
      field: 'Last-Event-ID',
    });
  return inTopology(topology, new Map(parts.map((part, partition) => [partition, parseBase36(part)])));
}

function parseBase36(text: string): bigint {
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value;
}

/** A position that moves, and its text at each step: only one partition changes at a time. */
export class MovingPosition {
  #topology: LogTopology;
  #at: Map<number, bigint>;
  #parts: string[] = [];

  constructor(topology: LogTopology, from: Position) {
    this.#topology = topology;
    this.#at = inTopology(topology, from);
    this.#parts = [...this.#at.values()].map((at) => at.toString(36));
  }

  /** The log may have been expanded: the same place, with partitions that are new at their beginning. */
  follow(topology: LogTopology): void {
    if (topology.number <= this.#topology.number) return;
    this.#topology = topology;
    this.#at = inTopology(topology, this.#at);
    this.#parts = [...this.#at.values()].map((at) => at.toString(36));
  }

  /** @throws LogGapError if an event in between is missing */
  move(partition: number, to: bigint): void {
    const from = this.#at.get(partition);
    if (from === undefined || to !== from + 1n) throw new LogGapError(partition, from ?? 0n, to);
    this.#at.set(partition, to);
    this.#parts[partition] = to.toString(36);
  }

  get text(): string {
    return `${this.#topology.number}.${this.#parts.join('-')}`;
  }

  get position(): Position {
    return this.#at;
  }

  /** What comes next of each timer lies behind these. */
  get readable(): Position {
    return readableOf(this.#topology, this.#at);
  }

  equals(other: Position): boolean {
    return (
      this.#at.size === other.size && [...other].every(([partition, at]) => this.#at.get(partition) === at)
    );
  }

  hasReached(goal: Position): boolean {
    return [...goal].every(([partition, at]) => (this.#at.get(partition) ?? 0n) >= at);
  }
}

/** Positions are gapless: what is missing was dropped by retention. */
export class LogGapError extends Error {
  readonly code = 'watch/log-gap';
  constructor(partition: number, from: bigint, to: bigint) {
    super(`partition ${partition} of the log goes on at ${to} after ${from}: what lay between is gone`);
    this.name = 'LogGapError';
  }
}
