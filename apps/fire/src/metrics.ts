import type { Emission, FireObserver } from '#engine';
import { type Metrics, openMetrics, readGauge, secondsHistogram, sizeHistogram } from '#runtime';

/** What the fire service counts: every name is in docs/operations.md. */
export interface FireMetrics {
  readonly page: Metrics;
  readonly observer: FireObserver;
}

export interface FireReadings {
  armed(): number;
  slots(): number;
  /** Database's clock minus the process's, ms. */
  skewMs(): number;
}

export function fireMetrics(readings: FireReadings): FireMetrics {
  const page = openMetrics('carillon-fire');
  const { meter } = page;
  const emissions = meter.createCounter('carillon_emissions', {
    description: 'records that Kafka has acknowledged: first, again (a later attempt), ask, dead',
  });
  const lateness = secondsHistogram(
    meter,
    'carillon_fire_lateness_seconds',
    'from the moment an event was due to its acknowledgement by Kafka, first attempts',
  );
  const batch = sizeHistogram(meter, 'carillon_emission_batch', 'records of one outbox row');
  const takeovers = meter.createCounter('carillon_slot_loads', {
    description: 'how often what is due soon was read: at a takeover, and as time goes on',
  });
  const loading = secondsHistogram(meter, 'carillon_slot_load_seconds', 'how long such a read took');
  readGauge(meter, 'carillon_armed_timers', 'timers in memory', readings.armed);
  readGauge(meter, 'carillon_owned_slots', 'slots of 256 that this process owns', readings.slots);
  readGauge(
    meter,
    'carillon_clock_skew_seconds',
    "the database's clock minus the process's",
    () => readings.skewMs() / 1_000,
  );
  return {
    page,
    observer: {
      emitted: (sent, acknowledgedAt) => {
        batch.record(sent.length);
        for (const emission of sent) {
          const kind = kindOf(emission);
          emissions.add(1, { kind });
          const due = emission.state.open?.scheduledFor;
          if (kind === 'first' && due !== undefined) lateness.record((acknowledgedAt - due) / 1_000);
        }
      },
      loaded: (_slots, _timers, tookMs) => {
        takeovers.add(1);
        loading.record(tookMs / 1_000);
      },
    },
  };
}

function kindOf({ kind, state }: Emission): 'first' | 'again' | 'ask' | 'dead' {
  if (kind !== 'due') return kind;
  return state.open?.attempt === 1 ? 'first' : 'again';
}
