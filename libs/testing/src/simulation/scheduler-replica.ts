import { commandBytesMax, feedRecord, followUpRecord, parseCommand } from '#contract';
import {
  type CommandEnvelope,
  CommandRouter,
  CommandService,
  type DatabasePlace,
  type FeedSink,
  HeldPartitions,
  isHeldBy,
  type MisplacedEnvelope,
  Relay,
  Retention,
  type RetentionPolicy,
  type StoredEvent,
  slotOfTarget,
  type TimerLog,
} from '#engine';
import { mintTimerId } from '#timer';
import { GroupConsumer } from './group-consumer.js';
import { everyOn, fatalOn, type Replica, replica } from './replica.js';
import type { Session } from './sim-database.js';
import type { SimProcess } from './sim-process.js';
import type { SimRecord } from './sim-topic.js';
import { partitionsAtFirst, type SimCommand, silent, type World } from './world.js';

const noBytes = Buffer.alloc(0);
const retained: RetentionPolicy = { logDays: 1, endedDays: 1, archiveDays: 2 };
const retentionEveryMs = 1_000;
const heldLookedAfterEveryMs = 250;

type Envelope = CommandEnvelope<null>;

/** A scheduler, put together as the app does it: commands in, log and relay out, and the log kept from growing for ever. */
export function startScheduler(world: World): Replica {
  const process = world.process('scheduler');
  const { topics, groups, wraps, databases } = world;
  const sessions = databases.map((database) => database.session(process));
  const wrapLog = wraps.log ?? ((log) => log);
  const topic = topics.commands.name;
  const random = world.random.fork();
  const sink = feedSink(world, process);
  const feeds = sessions.map(({ feed }) => wraps.feed?.(feed) ?? feed);
  const relays = feeds.map(
    (feed, { number }) =>
      new Relay({
        feed,
        sink,
        logger: silent,
        sleep: process.sleep,
        clock: process.clock,
        pollMs: 150,
        eventsPerReadMax: 40,
        rejectionsPartition: number,
      }),
  );
  const commandsOf = (session: Session, place: DatabasePlace) =>
    new CommandService<null>({
      logs: [wrapLog(session.log), wrapLog(session.anotherLog())],
      place,
      ...(place.of > 1 && { sendOn: (misplaced) => sendOn(world, process, misplaced) }),
      timer: world.timer,
      mintTimerId: (slot) => mintTimerId(process.now(), slot, random.bytes(9)),
      logger: silent,
      sleep: process.sleep,
      onFatal: fatalOn(world, process),
      onOutcomes: (outcomes) => {
        relays.of(place.number).nudge();
        world.witness.outcomes.push(...outcomes);
      },
      onLostSource: (_topic, partition, offset) => {
        if (offset !== null) consumer.seek(partition, offset);
      },
      limits: { commandsPerBatchMax: 12, bytesPerBatchMax: 1_000, commandsWaitingMax: 24, commitEveryMs: 5 },
    });
  const commands = new CommandRouter(sessions.map(commandsOf));
  const held = new HeldPartitions(
    feeds.map((feed, { number }) => ({
      topology: () => feed.topology(),
      storedOffsets: (partitions) => sessions.of(number).log.storedOffsets(topic, partitions),
    })),
    process.sleep,
  );
  const consumer = new GroupConsumer<SimCommand>({
    process,
    topic: topics.commands,
    group: groups.scheduler,
    link: world.broker.patient,
    random: world.random.fork(),
    duplicateChance: () => world.duplicateChance,
    handlers: {
      startFrom: async (partitions) => {
        const starts = await held.starts(partitions);
        return new Map(partitions.map((partition) => [partition, starts.get(partition) ?? 0n]));
      },
      onAssigned: (partitions, starts) => {
        commands.assign(topic, starts);
        held.hold(partitions.filter((partition) => !starts.has(partition)));
        relays.each((relay, place) =>
          relay.want(partitions.filter((partition) => isHeldBy(place, partition))),
        );
      },
      onRecords: async (partition, records, isCurrent) => {
        if (!isCurrent()) return;
        const envelopes = records.map((record) => envelope(world, partition, record));
        await commands.submit(partition, envelopes);
      },
    },
  });
  const stop = new AbortController();
  const loops = [
    ...relays.all.map((relay) => relay.run(stop.signal)),
    ...(world.plan.retains
      ? sessions.all.map((session) =>
          retain(world, process, stop.signal, session, wrapLog(session.anotherLog())),
        )
      : []),
  ];
  const stopLooking = everyOn(process, heldLookedAfterEveryMs, async () => {
    if (await held.mayBegin()) consumer.reposition();
  });
  consumer.join();
  return replica(process, async () => {
    consumer.leave();
    await commands.drained();
    await consumer.leftTo();
    stop.abort();
    await Promise.all([...loops, stopLooking()]);
  });
}

/** One database's log, round after round. */
async function retain(
  { wraps, timer }: World,
  process: SimProcess,
  stop: AbortSignal,
  session: Session,
  log: TimerLog,
): Promise<void> {
  const retention = new Retention({
    store: wraps.retention?.(session.retention) ?? session.retention,
    log,
    timer,
    logger: silent,
    sleep: process.sleep,
    clock: process.clock,
  });
  while (!stop.aborted) {
    await retention.run(retained, stop).catch((error: unknown) => process.note(`retention: ${error}`));
    await process.sleep(retentionEveryMs, stop);
  }
}

const envelope = (world: World, partition: number, { offset, value }: SimRecord<SimCommand>): Envelope => ({
  source: { topic: world.topics.commands.name, partition, offset },
  key: noBytes,
  value: noBytes,
  content: placed(world, value, partition),
  reply: null,
});

function placed({ databases, wraps }: World, content: SimCommand, partition: number): Envelope['content'] {
  if (content.kind !== 'command') return content;
  const slot = slotOfTarget(content.target);
  if (slot % databases.count === partition % databases.count) return content;
  const misplaced = { kind: 'misplaced', commandId: content.commandId, slot, headers: {} } as const;
  return wraps.ofAnotherDatabase?.(content) ?? misplaced;
}

/** The records as they came. By any former number of partitions: it names the same database. */
const sendOn = (
  world: World,
  process: SimProcess,
  misplaced: readonly MisplacedEnvelope<null>[],
): Promise<void> =>
  world.produce(process, 'send-on', () => {
    const { commands } = world.topics;
    for (const { content, source } of misplaced)
      for (const { key, value } of commands.read(source.partition, source.offset, 1))
        commands.append(content.slot % partitionsAtFirst, key, value);
  });

/** A child's end is told to its parent, in the same send. */
function followUp({ topics: { commands } }: World, event: StoredEvent): void {
  const record = followUpRecord(event);
  if (record === null) return;
  const [key, value] = [record.key ?? '', Buffer.from(record.value)];
  const parsed = parseCommand({ key: Buffer.from(key), value }, commandBytesMax);
  if (!parsed.ok) throw new Error(`a follow-up cannot be read: ${parsed.rejection.message}`);
  const { commandId, target, command } = parsed;
  const content: SimCommand = { kind: 'command', commandId, target, command };
  commands.append(slotOfTarget(target) % commands.width, key, content);
}

function feedSink(world: World, process: SimProcess): FeedSink {
  const { topics, wraps } = world;
  const sink: FeedSink = {
    publishEvents: (events) =>
      world.produce(process, 'publish', () => {
        for (const event of events) {
          const record = feedRecord(event);
          topics.events.append(event.partition, record.key, record);
          followUp(world, event);
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
