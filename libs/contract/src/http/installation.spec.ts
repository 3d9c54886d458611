import { expect, it } from 'vitest';
import { partitionStands, type StoredPartition } from './installation.js';

const stored = (partition: number, nextOffset: bigint | null): StoredPartition => ({
  partition,
  nextOffset,
  events: 10n,
  unpublished: 2n,
  armed: 3,
  armedIsExact: true,
  lateMs: 0,
});
const ranges = [
  { partition: 0, low: 5n, high: 9n },
  { partition: 1, low: 5n, high: 9n },
];

it('tells whose a partition is and what waits before it, counted from what was read or from the first that is there', () => {
  const owners = new Map([[1, { memberId: 'm-1', host: '10.0.0.7' }]]);
  const stands = partitionStands([stored(0, null), stored(1, 8n)], {
    ranges,
    schedulers: owners,
    fires: new Map(),
  });
  expect(stands).toEqual([
    {
      partition: 0,
      commandsWaiting: 4,
      events: 10,
      eventsUnpublished: 2,
      armed: 3,
      armedIsExact: true,
      lateMs: 0,
    },
    expect.objectContaining({
      commandsWaiting: 1,
      scheduler: { member: 'm-1', host: '10.0.0.7' },
    }),
  ]);
});
it('leaves out what Kafka did not say', () => {
  const [stand] = partitionStands([stored(0, 4n)], null);
  expect(Object.keys(stand ?? {})).not.toContain('commandsWaiting');
});
