import { z } from 'zod';
import { momentText } from './record.js';

// How a whole installation fares, for those who run it.

const count = z.int().nonnegative();
const member = z.object({
  member: z.string().describe('its id in the consumer group'),
  host: z.string().describe('where it connects from'),
});

export const partitionStand = z
  .object({
    partition: count,
    scheduler: member.optional().describe('who reads its commands; absent: nobody, or Kafka did not say'),
    fire: member.optional().describe('who has its timers in memory; every other process fires them late'),
    commandsWaiting: count.optional().describe('absent: Kafka did not say'),
    events: count.describe('of its log, ever'),
    eventsUnpublished: count.describe('that the change feed does not have yet'),
    armed: count.describe('timers due within a minute: what its owner has in memory'),
    armedIsExact: z.boolean().describe('false: there are at least so many'),
    lateMs: count.describe('how long the most overdue timer has been due; 0: none is'),
  })
  .meta({ id: 'PartitionStand' });
export const hookClassStand = z
  .object({
    hookClass: z.string().describe('empty: timers that close themselves'),
    open: count.describe('events that wait for their close'),
    retrying: count.describe('of those, on their second attempt or a later one, or waiting for it'),
    unanswered: count.describe(
      'of those, sent for the third time or later, and no worker was heard of for them: is one running, is its name right?',
    ),
    openSince: momentText.optional().describe('when the oldest of them began'),
    givenUp: count,
    firesPerSecond: z
      .number()
      .nonnegative()
      .describe(
        'over the last ten seconds at most, of timers that are still there; where many fire, from a part of them',
      ),
  })
  .meta({ id: 'HookClassStand' });
export const installationAnswer = z
  .object({
    at: momentText,
    isKafkaReachable: z.boolean(),
    databasesAway: count
      .optional()
      .describe('databases that did not answer: what they hold is missing here; absent: none'),
    partitions: z.array(partitionStand),
    hookClasses: z
      .array(hookClassStand)
      .describe('those with events that are open or given up, and those that fire'),
    lately: z
      .object({
        retries: count.describe('attempts that failed, and those that nobody answered in time'),
        givenUp: count,
        isExact: z.boolean().describe('false: so much happens that only the newest part was counted'),
      })
      .describe('in the last five minutes'),
    isExact: z.boolean().describe('false: of open events or dead letters only the first were counted'),
  })
  .meta({ id: 'Installation' });

export type PartitionStandWire = z.input<typeof partitionStand>;
export type HookClassStandWire = z.input<typeof hookClassStand>;
export type InstallationWire = z.input<typeof installationAnswer>;

/** What the log says of its partitions: the stand without what Kafka knows, counted as the log counts. */
export type StoredPartition = Pick<PartitionStandWire, 'partition' | 'armed' | 'armedIsExact' | 'lateMs'> & {
  readonly events: bigint;
  readonly unpublished: bigint;
  /** Where the commands topic is read on; null: nothing was read yet. */
  readonly nextOffset: bigint | null;
};

interface Member {
  readonly memberId: string;
  readonly host: string;
}

/** What Kafka says of the commands topic and of the groups that share it. */
export interface SharedPartitions {
  readonly ranges: readonly { readonly partition: number; readonly low: bigint; readonly high: bigint }[];
  readonly schedulers: ReadonlyMap<number, Member>;
  readonly fires: ReadonlyMap<number, Member>;
}

/** @param shared null: Kafka did not answer */
export const partitionStands = (
  stored: readonly StoredPartition[],
  shared: SharedPartitions | null,
): PartitionStandWire[] =>
  stored.map(({ unpublished, nextOffset, events, ...same }) => {
    const { partition } = same;
    const range = shared?.ranges.find((one) => one.partition === partition);
    return {
      ...same,
      events: Number(events),
      eventsUnpublished: Number(unpublished),
      ...memberNamed('scheduler', shared?.schedulers.get(partition)),
      ...memberNamed('fire', shared?.fires.get(partition)),
      ...(range !== undefined && { commandsWaiting: Number(range.high - (nextOffset ?? range.low)) }),
    };
  });

const memberNamed = <Name extends string>(name: Name, given: Member | undefined) =>
  given === undefined
    ? {}
    : ({ [name]: { member: given.memberId, host: given.host } } as {
        readonly [N in Name]: { readonly member: string; readonly host: string };
      });
