import { DelayQueue, type DelayQueueOptions } from '../delay-queue.js';
import { CarillonConsumer } from './consumer.js';
import { type CarillonDelaysSettings, defaultSettings } from './settings.js';
import { CarillonStore } from './store.js';

export interface OpenDelayQueueOptions
  extends Omit<DelayQueueOptions, 'log'>,
    Partial<Omit<CarillonDelaysSettings, 'kafka'>> {
  readonly kafka: CarillonDelaysSettings['kafka'];
}

/** A queue whose events are Carillon's timers: durable, shared by all processes of the namespace. */
export function openDelayQueue({
  triggers,
  statIntervalMs,
  onThrow,
  ...given
}: OpenDelayQueueOptions): DelayQueue {
  const settings: CarillonDelaysSettings = { ...defaultSettings, ...given };
  return new DelayQueue(new CarillonStore(settings), new CarillonConsumer(settings), {
    triggers,
    log: settings.kafka.log,
    ...(statIntervalMs !== undefined && { statIntervalMs }),
    ...(onThrow !== undefined && { onThrow }),
  });
}
