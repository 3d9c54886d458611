import { deadRecord, dueRecord, type WireRecord } from '#contract';
import {
  type DatabasePlace,
  type Emission,
  type EmissionId,
  type EmissionSink,
  FireService,
  FireServices,
  isHeldBy,
  slotsOf,
} from '#engine';
import { mintEventId, mintTimerId, slotOfTimerId, type TimerId } from '#timer';
import { GroupConsumer } from './group-consumer.js';
import { everyOn, fatalOn, type Replica, replica } from './replica.js';
import type { Session } from './sim-database.js';
import type { SimProcess } from './sim-process.js';
import { fireLimits, silent, type World } from './world.js';

/** A fire service, put together as the app does it: the feed tells clocks, due timers go out. */
export function startFire(world: World): Replica {
  const process = world.process('fire');
  const { topics, groups, wraps, databases } = world;
  const sessions = databases.map((database) => database.session(process));
  const random = world.random.fork();
  const limits = { ...fireLimits, ...wraps.fireLimits };
  const sink = emissionSink(world, process);
  const fireOf = (session: Session, place: DatabasePlace) =>
    new FireService({
      log: wraps.log?.(session.log) ?? session.log,
      index: wraps.due?.(session.due) ?? session.due,
      timer: world.timer,
      mint: {
        eventId: () => mintEventId(process.now(), random.bytes(10)),
        emissionId: () => mintEventId(process.now(), random.bytes(10)) as string as EmissionId,
        timerId: (slot) => mintTimerId(process.now(), slot, random.bytes(9)),
        slotOf: slotOfTimerId,
        isHere: (slot) => isHeldBy(place, slot),
      },
      sink: wraps.emissions?.(sink) ?? sink,
      logger: silent,
      clock: process.clock,
      sleep: process.sleep,
      onFatal: fatalOn(world, process),
      limits: { ...limits, armedMax: Math.floor(limits.armedMax / place.of) },
    });
  const services = sessions.map(fireOf);
  const fire = new FireServices({ services, logger: silent, sleep: process.sleep });
  const look = (): void => {
    world.witness.armedMost = Math.max(world.witness.armedMost, fire.armed);
  };
  const consumer = new GroupConsumer<WireRecord>({
    process,
    topic: topics.events,
    group: groups.fire,
    link: world.broker.patient,
    random: world.random.fork(),
    duplicateChance: () => world.duplicateChance,
    handlers: {
      startFrom: async (owned) => new Map(owned.map((partition) => [partition, 'latest' as const])),
      onAssigned: async (owned, _starts, width) => {
        await fire.own(slotsOf(owned, width));
        look();
      },
      onRebalancing: () => fire.unfollow(),
      onRecords: async (_partition, records) => {
        for (const { value } of records) follow(fire, value);
        look();
      },
    },
  });
  const stop = new AbortController();
  const running = services.all.map((service) => service.run(stop.signal));
  const loops = services.all.flatMap((service) => [
    everyOn(process, 500, () => service.sweep()),
    everyOn(process, 500, () => service.resendPending(5_000)),
  ]);
  consumer.join();
  return replica(process, async () => {
    consumer.leave();
    await consumer.leftTo();
    await Promise.all(loops.map((end) => end()));
    stop.abort();
    await Promise.all(running);
  });
}

function follow(fire: FireServices, { headers }: WireRecord): void {
  const timerId = headers.ce_timerid as TimerId;
  const clock = headers.ce_nextfireat;
  const nextFireAt = clock === undefined ? null : (Number(clock) as Parameters<FireServices['follow']>[3]);
  fire.follow(timerId, slotOfTimerId(timerId), Number(headers.ce_timerversion), nextFireAt);
}

function emissionSink(world: World, process: SimProcess): EmissionSink {
  const { topics } = world;
  const write = (emission: Emission): void => {
    const { state } = emission;
    const partition = slotOfTimerId(state.id) % topics.due.width;
    const isDead = emission.kind === 'dead';
    const record = isDead ? deadRecord(emission.before, emission) : dueRecord(emission.kind, state);
    (isDead ? topics.dead : topics.due).append(partition, record.key, record);
  };
  return {
    emit: (emissions) =>
      world.produce(process, 'emit', () => {
        for (const emission of emissions) write(emission);
      }),
  };
}
