import {
  type DatabasePlace,
  defaultFireLimits,
  type EmissionId,
  type EmissionSink,
  type FireObserver,
  FireService,
  isHeldBy,
  type LocalClock,
  type TimerLog,
} from '#engine';
import type { PostgresStore } from '#postgres';
import { type Logger, randomBytesPooled, sleep, systemClock } from '#runtime';
import { decideWithZoneData, evolve, mintEventId, mintTimerId, slotOfTimerId } from '#timer';
import type { FireConfig } from './config.js';
import type { FiringSpans } from './firing-spans.js';

/** Places where a test may stand in: between decisions and the log, between the commit and Kafka. */
export interface FireWraps {
  readonly log?: (log: TimerLog) => TimerLog;
  readonly sink?: (sink: EmissionSink) => EmissionSink;
  readonly observer?: FireObserver;
  readonly clock?: LocalClock;
}

export interface FireParts {
  readonly config: FireConfig;
  readonly sink: EmissionSink;
  readonly metrics: FireObserver;
  /** Null: nobody traces. */
  readonly spans: FiringSpans | null;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
  readonly wraps: FireWraps;
}

/** What fires the timers of one database. */
export function fireOfStore(store: PostgresStore, place: DatabasePlace, parts: FireParts): FireService {
  const { config, sink, spans, logger, onFatal, wraps } = parts;
  return new FireService({
    log: wraps.log?.(store.log) ?? store.log,
    index: store.due,
    timer: { decide: decideWithZoneData(process.versions.tz ?? 'unknown'), evolve },
    mint: {
      eventId: () => mintEventId(Date.now(), randomBytesPooled(10)),
      emissionId: () => mintEventId(Date.now(), randomBytesPooled(10)) as string as EmissionId,
      slotOf: slotOfTimerId,
      isHere: (slot) => isHeldBy(place, slot),
      timerId: (slot) => mintTimerId(Date.now(), slot, randomBytesPooled(9)),
    },
    sink: wraps.sink?.(sink) ?? sink,
    logger,
    clock: wraps.clock ?? systemClock,
    sleep,
    onFatal,
    observer: observerOf(parts),
    traceOf: spans?.traceOf,
    limits: {
      ...defaultFireLimits,
      armedMax: Math.floor(config.ARMED_MAX / place.of),
      windowMs: config.WINDOW_MS,
    },
  });
}

const observerOf = ({ metrics, spans, logger, wraps }: FireParts): FireObserver => ({
  emitted: (emissions, acknowledgedAt) => {
    metrics.emitted?.(emissions, acknowledgedAt);
    spans?.emitted(emissions, acknowledgedAt);
    wraps.observer?.emitted?.(emissions, acknowledgedAt);
  },
  loaded: (slots, timers, tookMs) => {
    logger.info({ slots, timers, tookMs: Math.round(tookMs) }, 'read what is due soon');
    metrics.loaded?.(slots, timers, tookMs);
    wraps.observer?.loaded?.(slots, timers, tookMs);
  },
  tookOver: (takeover) => {
    const { slots, rows, loadMs, latenessMs } = takeover;
    logger.info(
      { slots, rows, loadMs: Math.round(loadMs), latenessMs: Math.round(latenessMs) },
      'took slots over',
    );
    metrics.tookOver?.(takeover);
    wraps.observer?.tookOver?.(takeover);
  },
});
