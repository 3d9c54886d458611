import { feedRecord } from '#contract';
import { type CommandEnvelope, CommandService, type FeedSink, Relay } from '#engine';
import { mintTimerId } from '#timer';
import { GroupConsumer } from './group-consumer.js';
import { fatalOn, type Replica, replica } from './replica.js';
import type { SimProcess } from './sim-process.js';
import type { SimRecord } from './sim-topic.js';
import { type SimCommand, silent, type World } from './world.js';

const noBytes = Buffer.alloc(0);

/** A scheduler, put together as the app does it: commands in, log and relay out. */
export function startScheduler(world: World): Replica {
  const process = world.process('scheduler');
  const { topics, groups, wraps, database } = world;
  const session = database.session(process);
  const wrapLog = wraps.log ?? ((log) => log);
  const topic = topics.commands.name;
  const random = world.random.fork();
  const relay = new Relay({
    feed: wraps.feed?.(session.feed) ?? session.feed,
    sink: feedSink(world, process),
    logger: silent,
    sleep: process.sleep,
    clock: process.clock,
    pollMs: 150,
    eventsPerReadMax: 40,
  });
  const commands = new CommandService<null>({
    logs: [wrapLog(session.log), wrapLog(session.anotherLog())],
    timer: world.timer,
    mintTimerId: (slot) => mintTimerId(process.now(), slot, random.bytes(9)),
    logger: silent,
    sleep: process.sleep,
    onFatal: fatalOn(world, process),
    onOutcomes: (outcomes) => {
      relay.nudge();
      world.witness.outcomes.push(...outcomes);
    },
    onLostSource: (_topic, partition, offset) => {
      if (offset !== null) consumer.seek(partition, offset);
    },
    limits: { commandsPerBatchMax: 12, bytesPerBatchMax: 1_000, commandsWaitingMax: 24, commitEveryMs: 5 },
  });
  const consumer = new GroupConsumer<SimCommand>({
    process,
    topic: topics.commands,
    group: groups.scheduler,
    link: world.broker.patient,
    random: world.random.fork(),
    duplicateChance: () => world.duplicateChance,
    handlers: {
      startFrom: async (partitions) => {
        const stored = await session.log.storedOffsets(topic, partitions);
        return new Map(partitions.map((partition) => [partition, stored.get(partition) ?? 0n]));
      },
      onAssigned: (partitions, starts) => {
        commands.assign(topic, starts);
        relay.want(partitions);
      },
      onRecords: async (partition, records, isCurrent) => {
        if (isCurrent()) await commands.submit(records.map((record) => envelope(topic, partition, record)));
      },
    },
  });
  const stop = new AbortController();
  const relaying = relay.run(stop.signal);
  consumer.join();
  return replica(process, consumer, groups.scheduler, async () => {
    consumer.leave();
    await commands.drained();
    await consumer.leftTo();
    stop.abort();
    await relaying;
  });
}

const envelope = (
  topic: string,
  partition: number,
  record: SimRecord<SimCommand>,
): CommandEnvelope<null> => ({
  source: { topic, partition, offset: record.offset },
  key: noBytes,
  value: noBytes,
  content: record.value,
  reply: null,
});

function feedSink(world: World, process: SimProcess): FeedSink {
  const { topics, wraps } = world;
  const sink: FeedSink = {
    publishEvents: (events) =>
      world.produce(process, 'publish', () => {
        for (const event of events) {
          const record = feedRecord(event);
          topics.events.append(event.partition, record.key, record);
        }
      }),
    publishRejections: (rejections) =>
      world.produce(process, 'publish-rejections', () => {
        for (const rejection of rejections)
          topics.rejected.append(rejection.source.partition, String(rejection.commandId), rejection);
      }),
  };
  return wraps.events?.(sink) ?? sink;
}
