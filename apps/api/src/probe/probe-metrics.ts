import { type Metrics, secondsHistogram } from '#runtime';

export interface ProbeMetrics {
  /** The log has so many. */
  expect(partitions: number): void;
  succeeded(partition: number, seconds: number, atMs: number): void;
}

/** What the probes measure: every name is in docs/operations.md. */
export function probeMetrics({ meter }: Metrics): ProbeMetrics {
  const took = secondsHistogram(
    meter,
    'carillon_probe_seconds',
    'from the sending of a trigger to the outcome of the close, by partition',
  );
  // a partition that never answered is as bad as one that stopped to: 0 is long ago
  const lastSuccessMs = new Map<number, number>();
  meter
    .createObservableGauge('carillon_probe_last_success_timestamp_seconds', {
      description: 'when a probe of the partition last came back; 0: never, in this process',
    })
    .addCallback((result) => {
      for (const [partition, atMs] of lastSuccessMs) result.observe(atMs / 1_000, { partition });
    });
  return {
    expect: (partitions) => {
      for (let partition = 0; partition < partitions; partition += 1)
        if (!lastSuccessMs.has(partition)) lastSuccessMs.set(partition, 0);
    },
    succeeded: (partition, seconds, atMs) => {
      lastSuccessMs.set(partition, atMs);
      took.record(seconds, { partition });
    },
  };
}
