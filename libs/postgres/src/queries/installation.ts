import type { Pool } from 'pg';

export interface PartitionState {
  readonly partition: number;
  /** Events of this partition, ever. */
  readonly events: bigint;
  /** Those that the change feed does not have yet. */
  readonly unpublished: bigint;
  /** Where the commands topic is read on; null: nothing was read yet. */
  readonly nextOffset: bigint | null;
}

interface Row {
  readonly partition: number;
  readonly next: string;
  readonly position: string;
  readonly next_offset: string | null;
}

/** How far each partition of the log has come. */
export async function partitionStates(pool: Pool, commandsTopic: string): Promise<PartitionState[]> {
  const { rows } = await pool.query<Row>(
    `select h.partition, h.next, c.position, o.next_offset
     from log_head h join relay_checkpoint c using (partition)
     left join consumer_offset o on o.topic = $1 and o.partition = h.partition
     order by h.partition`,
    [commandsTopic],
  );
  return rows.map(({ partition, next, position, next_offset }) => ({
    partition,
    events: BigInt(next) - 1n,
    unpublished: BigInt(next) - 1n - BigInt(position),
    nextOffset: next_offset === null ? null : BigInt(next_offset),
  }));
}
