import type { CommandWire } from '#contract';
import { slotOf } from '#timer';

// One timer a partition that fires by hand alone: while nobody probes, nothing happens, and nothing piles up.

export const probeNamespace = 'carillon.probe';
export const probeHookClass = 'carillon.probe';

/** Of a probe's timer: its place is decided by its key, as anybody's. */
export const probePartition = (key: string, partitions: number): number =>
  slotOf(probeNamespace, key) % partitions;

/**
 * The first number that falls into each partition, as its timer's key. When a log is spread over more partitions, those that
 * were there stay and others are added.
 */
export function probeKeys(partitions: number): string[] {
  const keys = new Map<number, string>();
  for (let number = 0; keys.size < partitions; number += 1) {
    const partition = probePartition(String(number), partitions);
    if (!keys.has(partition)) keys.set(partition, String(number));
  }
  return Array.from({ length: partitions }, (_, partition) => keys.get(partition) ?? '');
}

export const probeTimer: Extract<CommandWire, { type: 'CreateTimer' }>['timer'] = {
  schedPolicyType: 'INTERVAL',
  schedPolicyExpr: '1d',
  // never by itself
  startAt: '2999-01-01T00:00:00Z',
  hookClass: probeHookClass,
  ackTimeout: '10s',
  // an event whose prober is gone is told again each minute until there is one: it is no dead letter
  retry: { maxAttempts: 0, max: '1m' },
  tags: ['probe'],
};
