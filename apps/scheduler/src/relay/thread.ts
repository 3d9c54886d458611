import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { feedRecord, followUpRecord, rejectionHeaders, topicsOf } from '#contract';
import { ByDatabase, type FeedSink, isHeldBy, Relay, type StoredEvent } from '#engine';
import { BatchProducer, kafkaSettings, type OutRecord, traceparentHeader } from '#kafka';
import { databaseUrlsOf, openPostgresStore } from '#postgres';
import { createLogger, isTracing, sleep, startTracing, systemClock } from '#runtime';
import type { FromRelay, RelayThreadData, ToRelay } from './messages.js';
import { inRelaySpans } from './relay-spans.js';

// The relay on a thread of its own: publishing the log competes with nothing for the turn of an event loop, least of
// all with the commands whose events it publishes.

/** Of a broker or a database that does not answer. */
const stopWaitMaxMs = 5_000;

if (parentPort === null) throw new Error('the relay is started by the scheduler, on a thread');
const port = parentPort;
const { config } = workerData as RelayThreadData;
const logger = createLogger('relay', config.LOG_LEVEL);
const tracing = await startTracing('carillon-scheduler', logger);
const topics = topicsOf(config.TOPIC_PREFIX);
// the relay of each database waits for its page before it reads the next: none is refused because of another's
const producer = new BatchProducer(kafkaSettings(config, 'carillon-relay', logger), {
  waitingBytesMax: Number.POSITIVE_INFINITY,
});
const tell = (message: FromRelay): void => port.postMessage(message);
const sink = feedSink();
const relays = ByDatabase.from(databaseUrlsOf(config), (databaseUrl, { number }) => {
  const store = openPostgresStore({
    databaseUrl,
    applicationName: 'carillon relay',
    log: logger,
  });
  const relay = new Relay({
    feed: store.feed,
    sink,
    logger,
    sleep,
    clock: systemClock,
    rejectionsPartition: number,
    onLag: (events) => tell({ type: 'lag', database: number, events }),
  });
  return { relay, store };
});
const stop = new AbortController();

port.on('message', (message: ToRelay) => {
  switch (message.type) {
    case 'want':
      return relays.each(({ relay }, place) =>
        relay.want(message.partitions.filter((partition) => isHeldBy(place, partition))),
      );
    case 'nudge':
      return relays.each(({ relay }) => relay.nudge());
    case 'stop':
      return stop.abort();
  }
});

await producer.start();
tell({ type: 'up' });
const patience = new AbortController();
await Promise.race([
  Promise.all(relays.all.map(({ relay }) => relay.run(stop.signal))),
  once(stop.signal, 'abort').then(() => sleep(stopWaitMaxMs, patience.signal)),
]);
// a timer that nobody waits for would keep the thread
patience.abort();
await producer.stop();
await Promise.all(relays.all.map(({ store }) => store.close()));
await tracing.stop();
port.close();

function feedSink(): FeedSink {
  // what must follow from an event goes in the same send: the checkpoint moves when Kafka has both
  const publish = (stored: readonly StoredEvent[]): Promise<void> =>
    producer.send(
      stored.flatMap((event): OutRecord[] => {
        const record = { topic: topics.events, partition: event.partition, ...feedRecord(event) };
        const followUp = followUpRecord(event);
        if (followUp === null) return [record];
        const { traceparent } = event;
        const headers = traceparent === null ? {} : { [traceparentHeader]: traceparent };
        return [record, { topic: topics.commands, ...followUp, headers }];
      }),
    );
  return {
    publishEvents: (stored) => (isTracing() ? inRelaySpans(stored, publish) : publish(stored)),
    publishRejections: (rejections) =>
      producer.send(
        rejections.map(({ key, value, ...rest }) => ({
          topic: topics.rejected,
          partition: rest.source.partition,
          key,
          value,
          headers: rejectionHeaders(rest),
        })),
      ),
  };
}
