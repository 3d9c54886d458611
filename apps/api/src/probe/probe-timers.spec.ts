import { describe, expect, it } from 'vitest';
import { probeKeys, probePartition } from './probe-timers.js';

describe('the timers of the probes', () => {
  it.each([1, 2, 8, 64, 256])('fall into %i partitions, one into each', (partitions) => {
    const keys = probeKeys(partitions);
    expect(keys.map((key) => probePartition(key, partitions))).toEqual([...keys.keys()]);
  });
  it('stay when a log is spread over more partitions', () => {
    const more = new Set(probeKeys(64));
    for (const key of probeKeys(8)) expect(more).toContain(key);
  });
});
