/** Slots of these partitions: slot % partitions is Kafka's own choice for the same key. The shares are dealt of as many as the topic has. */
export function slotsOf(owned: readonly number[], partitions: number): number[] {
  const mine = new Set(owned);
  return Array.from({ length: 256 }, (_, slot) => slot).filter((slot) => mine.has(slot % partitions));
}
