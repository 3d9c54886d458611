import type { Pool } from 'pg';
import type { LogTopology } from '#engine';
import { statement } from '../connection/statement.js';

export const topologyStatement = statement('read-topology');

/** A row each split; one row without any where there was none. @throws if the database was never set up */
export function topologyFrom(rows: readonly (readonly unknown[])[]): LogTopology {
  const [first] = rows;
  if (first === undefined)
    throw new Error('this database was never set up: `carillon migrate`, or start a scheduler');
  return {
    number: Number(first[0]),
    partitions: Number(first[1]),
    splits: rows.flatMap(([, , partition, topology, parent, after]) =>
      partition === null
        ? []
        : [
            {
              partition: Number(partition),
              topology: Number(topology),
              parent: Number(parent),
              after: BigInt(String(after)),
            },
          ],
    ),
  };
}

/** How the log of a database is spread over partitions now. */
export async function readTopology(db: Pick<Pool, 'query'>): Promise<LogTopology> {
  const { rows } = await db.query<unknown[]>({
    text: topologyStatement.text,
    rowMode: 'array',
  } as unknown as string);
  return topologyFrom(rows);
}
