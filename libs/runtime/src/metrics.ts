import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** What a process counts and measures, and the page on which Prometheus reads it. */
export interface Metrics {
  readonly meter: Meter;
  /** Answers one scrape, in Prometheus's text format. */
  answer(request: IncomingMessage, response: ServerResponse): void;
}

/** Boundaries for times in seconds, from a millisecond to ten minutes. */
export const secondsBuckets: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600,
]);
/** Boundaries for how many go together. */
export const sizeBuckets: readonly number[] = Object.freeze([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]);

/** One registry a process; nothing is sent anywhere by itself. */
export function openMetrics(scope: string): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  return {
    meter: provider.getMeter(scope),
    answer: (request, response) => exporter.getMetricsRequestHandler(request, response),
  };
}

/** A histogram of seconds. */
export const secondsHistogram = (meter: Meter, name: string, description: string) =>
  meter.createHistogram(name, {
    description,
    unit: 's',
    advice: { explicitBucketBoundaries: [...secondsBuckets] },
  });

/** A histogram of counts. */
export const sizeHistogram = (meter: Meter, name: string, description: string) =>
  meter.createHistogram(name, { description, advice: { explicitBucketBoundaries: [...sizeBuckets] } });

/** A gauge that is read at each scrape. */
export function readGauge(meter: Meter, name: string, description: string, read: () => number): void {
  meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(read()));
}

/** Of the values of a label that users choose. */
const labelValuesMax = 100;

/** The first values as they are, further ones together as `other`: a page has a bound however many there are. */
export function boundedLabel(valuesMax = labelValuesMax): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= valuesMax) return 'other';
    known.add(value);
    return value;
  };
}
