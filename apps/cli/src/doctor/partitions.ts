import { topicsOf } from '#contract';
import { KafkaAdmin } from '#kafka';
import { partitionStates } from '#postgres';
import { inEachDatabase, kafka, topicPrefix } from '../connection.js';
import { type ShownAs, sayJson, sayTable } from '../output/out.js';
import type { Column } from '../output/table.js';

interface Shown {
  readonly partition: number;
  readonly commandsWaiting: number;
  readonly eventsUnpublished: number;
  readonly events: number;
}

const columns: readonly Column<Shown>[] = [
  { title: 'PARTITION', of: ({ partition }) => partition, align: 'right' },
  { title: 'COMMANDS WAITING', of: ({ commandsWaiting }) => commandsWaiting, align: 'right' },
  { title: 'EVENTS UNPUBLISHED', of: ({ eventsUnpublished }) => eventsUnpublished, align: 'right' },
  { title: 'EVENTS', of: ({ events }) => events, align: 'right' },
];

/** Where each partition stands: what waits before it, and what waits behind it. */
export async function partitionsCommand({ json }: ShownAs): Promise<number> {
  const { commands } = topicsOf(topicPrefix());
  const ranges = await new KafkaAdmin(kafka()).topicOffsets(commands);
  const states = (await inEachDatabase((pool) => partitionStates(pool, commands)))
    .flat()
    .sort((a, b) => a.partition - b.partition);
  const shown = states.map(({ partition, events, unpublished, nextOffset }) => {
    const range = ranges.find((one) => one.partition === partition);
    const from = nextOffset ?? range?.low ?? 0n;
    return {
      partition,
      commandsWaiting: Number((range?.high ?? from) - from),
      eventsUnpublished: Number(unpublished),
      events: Number(events),
    };
  });
  if (json) sayJson(shown);
  else sayTable(shown, columns);
  return 0;
}
