import type { Emission, FireObserver } from '#engine';
import {
  boundedLabel,
  type Metrics,
  openMetrics,
  readGauge,
  secondsHistogram,
  sizeHistogram,
} from '#runtime';

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
    description:
      'records that Kafka has acknowledged, by hook class and kind: first, again (a later attempt), ask, dead',
  });
  const lateness = secondsHistogram(
    meter,
    'carillon_fire_lateness_seconds',
    'from the moment an event was due to its acknowledgement by Kafka, first attempts',
  );
  const batch = sizeHistogram(meter, 'carillon_emission_batch', 'records of one outbox row');
  const loads = meter.createCounter('carillon_slot_loads', {
    description: 'how often what is due soon was read: at a takeover, and as time goes on',
  });
  const changes = meter.createCounter('carillon_owner_changes', {
    description: 'partitions (scheduler) or slots (fire) that came to this process',
  });
  const takingOver = secondsHistogram(
    meter,
    'carillon_takeover_load_seconds',
    'how long the read of what is due soon took at a takeover',
  );
  const takeoverLateness = secondsHistogram(
    meter,
    'carillon_takeover_lateness_seconds',
    'how overdue the most overdue timer was when its slot had a new owner',
  );
  const loading = secondsHistogram(meter, 'carillon_slot_load_seconds', 'how long such a read took');
  const label = boundedLabel();
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
        for (const [labels, count] of countsOf(sent, label)) emissions.add(count, labels);
        for (const emission of sent) {
          const kind = kindOf(emission);
          const due = emission.state.open?.scheduledFor;
          if (kind === 'first' && due !== undefined) lateness.record((acknowledgedAt - due) / 1_000);
        }
      },
      loaded: (_slots, _timers, tookMs) => {
        loads.add(1);
        loading.record(tookMs / 1_000);
      },
      tookOver: ({ slots, loadMs, latenessMs }) => {
        changes.add(slots);
        takingOver.record(loadMs / 1_000);
        takeoverLateness.record(latenessMs / 1_000);
      },
    },
  };
}

interface Labels {
  readonly kind: string;
  readonly hook_class: string;
  readonly [name: string]: string;
}

/** One addition a kind and class, not one an emission: a batch holds hundreds of few. */
function countsOf(sent: readonly Emission[], label: (value: string) => string): Map<Labels, number> {
  const kinds = new Map<string, Labels>();
  const counts = new Map<Labels, number>();
  for (const emission of sent) {
    const kind = kindOf(emission);
    const { hookClass } = emission.state.spec;
    const name = `${kind} ${hookClass}`;
    const labels = kinds.get(name) ?? { kind, hook_class: label(hookClass) };
    kinds.set(name, labels);
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  }
  return counts;
}

function kindOf({ kind, state }: Emission): 'first' | 'again' | 'ask' | 'dead' {
  if (kind !== 'due') return kind;
  return state.open?.attempt === 1 ? 'first' : 'again';
}
