import { problem } from '../http/problem-error.js';

/** Number of the way in which timers are spread over partitions; another one would make positions mean something else. */
export const topologyNumber = 1;

/** How far somebody has read each partition of the log. */
export type Position = ReadonlyMap<number, bigint>;

// `1.2s-0-1f`: the topology's number, then each partition's position in base 36.

export function writePosition(position: Position): string {
  return `${topologyNumber}.${[...position.values()].map((at) => at.toString(36)).join('-')}`;
}

/** @throws ProblemError `invalid-position` */
export function readPosition(text: string, partitions: number): Position {
  const [topology, rest = '', ...more] = text.split('.');
  const parts = rest.split('-');
  const isOurs = topology === String(topologyNumber) && more.length === 0 && parts.length === partitions;
  if (!isOurs || !parts.every((part) => /^[0-9a-z]{1,13}$/.test(part)))
    throw problem('invalid-position', 'Last-Event-ID is not one that this log has given out', {
      field: 'Last-Event-ID',
    });
  return new Map(parts.map((part, partition) => [partition, parseBase36(part)]));
}

function parseBase36(text: string): bigint {
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value;
}

/** A position that moves, and its text at each step: only one partition changes at a time. */
export class MovingPosition {
  readonly #at: Map<number, bigint>;
  readonly #parts: string[];

  constructor(from: Position) {
    this.#at = new Map([...from].sort(([a], [b]) => a - b));
    this.#parts = [...this.#at.values()].map((at) => at.toString(36));
  }

  /** @throws RangeError if an event in between is missing */
  move(partition: number, to: bigint): void {
    const from = this.#at.get(partition);
    if (from === undefined || to !== from + 1n) throw new LogGapError(partition, from ?? 0n, to);
    this.#at.set(partition, to);
    this.#parts[partition] = to.toString(36);
  }

  get text(): string {
    return `${topologyNumber}.${this.#parts.join('-')}`;
  }

  get position(): Position {
    return this.#at;
  }

  equals(other: Position): boolean {
    for (const [partition, at] of this.#at) if (other.get(partition) !== at) return false;
    return true;
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
