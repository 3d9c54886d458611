import type pg from 'pg';
import { topicsOf } from '#contract';
import { KafkaAdmin } from '#kafka';
import { groupIds, inDatabaseOf, kafka, topicPrefix } from '../connection.js';
import { UsageError } from '../errors/exit-codes.js';
import { say } from '../output/out.js';
import { consequence, wantedOffset } from './wanted-offset.js';

/** For a person who has looked at why a stored offset is outside its topic. @throws UsageError */
export async function setOffsetCommand(
  topic: string,
  partitionText: string,
  offsetText: string,
  { yes = false }: { readonly yes?: boolean },
): Promise<number> {
  const { commands } = topicsOf(topicPrefix());
  if (topic !== commands)
    throw new UsageError(`offsets are stored of ${commands} alone (TOPIC_PREFIX), not of ${topic}`);
  const admin = new KafkaAdmin(kafka());
  if ((await admin.partitionCounts([topic])).get(topic) === null)
    throw new UsageError(`there is no topic ${topic}: start a scheduler, it makes it`);
  const wanted = wantedOffset(topic, partitionText, offsetText, await admin.topicOffsets(topic));
  if (!yes) await expectNobodyReads(admin, groupIds().scheduler);
  const { partition, offset } = wanted;
  const stored = await inDatabaseOf(partition, (pool) => exchange(pool, topic, partition, offset));
  say(`${topic}/${partition} will be read from ${offset}; ${consequence(stored, wanted)}`);
  say('start the schedulers, or restart those that run');
  return 0;
}

/** A running scheduler that finds another offset than its own goes on there at once. */
async function expectNobodyReads(admin: KafkaAdmin, groupId: string): Promise<void> {
  if ((await admin.groupState(groupId)) === 'empty') return;
  throw Object.assign(new Error(`schedulers run (group ${groupId}), and would go on from there at once`), {
    code: 'cli/group-in-use',
  });
}

/** @returns what was stored before */
async function exchange(
  pool: pg.Pool,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<bigint | null> {
  const { rows } = await pool.query<{ before: string | null }>(
    `with stored as (select next_offset from consumer_offset where topic = $1 and partition = $2)
     insert into consumer_offset (topic, partition, next_offset) values ($1, $2, $3)
     on conflict (topic, partition) do update set next_offset = excluded.next_offset
     returning (select next_offset from stored) as before`,
    [topic, partition, offset],
  );
  const before = rows[0]?.before ?? null;
  return before === null ? null : BigInt(before);
}
