import { type PartitionStandWire, partitionStands, topicsOf } from '#contract';
import { KafkaAdmin } from '#kafka';
import { openAllPostgresQueries } from '#postgres';
import { createLogger } from '#runtime';
import { databaseUrls, groupIds, kafka, topicPrefix } from '../connection.js';
import { note, type ShownAs, sayJson, sayTable } from '../output/out.js';
import type { Column } from '../output/table.js';

const columns: readonly Column<PartitionStandWire>[] = [
  { title: 'PARTITION', of: ({ partition }) => partition, align: 'right' },
  { title: 'READ BY', of: ({ scheduler }) => scheduler?.member },
  { title: 'FIRED BY', of: ({ fire }) => fire?.member },
  { title: 'COMMANDS WAITING', of: ({ commandsWaiting }) => commandsWaiting, align: 'right' },
  { title: 'EVENTS UNPUBLISHED', of: ({ eventsUnpublished }) => eventsUnpublished, align: 'right' },
  {
    title: 'ARMED',
    of: ({ armed, armedIsExact }) => `${armed}${armedIsExact ? '' : '+'}`,
    align: 'right',
  },
  { title: 'LATE MS', of: ({ lateMs }) => lateMs, align: 'right' },
  { title: 'EVENTS', of: ({ events }) => events, align: 'right' },
];

/** Where each partition stands: whose it is, what waits before it, and what waits behind it. */
export async function partitionsCommand({ json }: ShownAs): Promise<number> {
  const { commands, events } = topicsOf(topicPrefix());
  const admin = new KafkaAdmin(kafka());
  const groups = groupIds();
  const [ranges, schedulers, fires] = await Promise.all([
    admin.topicOffsets(commands),
    admin.groupOwners(groups.scheduler, commands),
    admin.groupOwners(groups.fire, events),
  ]);
  const { installation, close } = openAllPostgresQueries(databaseUrls(), {
    applicationName: 'carillon cli',
    log: createLogger('cli', 'silent', false),
  });
  try {
    const { partitions, databasesAway } = await installation.partitions(commands);
    const shown = partitionStands(partitions, { ranges, schedulers, fires });
    if (json) sayJson(shown);
    else sayTable(shown, columns);
    if (databasesAway === 0) return 0;
    note(
      `databases that did not answer: ${databasesAway}; their partitions are missing here. Look at them, then ask again`,
    );
    return 1;
  } finally {
    await close();
  }
}
