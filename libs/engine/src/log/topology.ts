/** A partition that an expansion made: it goes on with timers that were its parent's until then. */
export interface LogSplit {
  readonly partition: number;
  /** Number of the topology that it came with. */
  readonly topology: number;
  readonly parent: number;
  /** The parent's events up to here come before all of this partition's. */
  readonly after: bigint;
}

/** Over how many partitions the log spreads its timers (`slot % partitions`), and how it came to that. */
export interface LogTopology {
  /** 1 at first, one more with each expansion. A reader's position means nothing without it. */
  readonly number: number;
  readonly partitions: number;
  readonly splits: readonly LogSplit[];
}

/** Of an earlier number. @throws RangeError if there was none such */
export function partitionsAt({ number, partitions, splits }: LogTopology, earlier: number): number {
  if (!Number.isInteger(earlier) || earlier < 1 || earlier > number)
    throw new RangeError(`there is no topology ${earlier}: the present one is ${number}`);
  return partitions - splits.filter(({ topology }) => topology > earlier).length;
}

/** The same place as a reader of the present topology has it: partitions that it does not know yet begin at their beginning. */
export const inTopology = (
  { partitions }: LogTopology,
  positions: ReadonlyMap<number, bigint>,
): Map<number, bigint> =>
  new Map(Array.from({ length: partitions }, (_, partition) => [partition, positions.get(partition) ?? 0n]));

/**
 * What may be read next: all partitions but those whose parent has not been read to where they begin. Whoever reads no other
 * gets each timer's events in version order, through any number of expansions.
 */
export function readableOf(
  { splits }: LogTopology,
  positions: ReadonlyMap<number, bigint>,
): ReadonlyMap<number, bigint> {
  if (splits.length === 0) return positions;
  const splitOf = new Map(splits.map((split) => [split.partition, split]));
  const isReadable = (partition: number): boolean => {
    const split = splitOf.get(partition);
    if (split === undefined) return true;
    return (positions.get(split.parent) ?? 0n) >= split.after && isReadable(split.parent);
  };
  return new Map([...positions].filter(([partition]) => isReadable(partition)));
}

/** What `expand` found. `behind`: so many events were not published in the time that writers could be made to wait; nothing has changed. */
export type ExpandOutcome =
  | { readonly kind: 'expanded' }
  | { readonly kind: 'already' }
  | { readonly kind: 'behind'; readonly unpublished: number }
  /** Somebody else held the log, or the database took too long: nothing was changed. */
  | { readonly kind: 'cut-off'; readonly afterMs: number };

/** The next topology of a log whose partitions have these heads; of several databases each has its own. @throws RangeError */
export function expanded(
  { number, partitions, splits }: LogTopology,
  to: number,
  heads: ReadonlyMap<number, bigint>,
): LogTopology {
  if (!Number.isInteger(to) || to <= partitions || 256 % to !== 0)
    throw new RangeError(
      `a log of ${partitions} partitions can be expanded to a larger power of two up to 256, not to ${to}`,
    );
  const made = Array.from({ length: to - partitions }, (_, index): LogSplit[] => {
    const partition = partitions + index;
    // counts are powers of two: whatever lies in `partition` of the larger one lay in this one of the smaller
    const parent = partition % partitions;
    const after = heads.get(parent);
    return after === undefined ? [] : [{ partition, topology: number + 1, parent, after }];
  });
  return { number: number + 1, partitions: to, splits: [...splits, ...made.flat()] };
}
