import type { NewTimer } from './timers.js';

/** Calls of one batch that wait for their outcomes at the same time. */
export const createsInFlightMax = 2_000;
/** Characters of their payloads: together they stay below what may wait to be sent to Kafka, whatever their bytes are. */
const payloadCharsInFlightMax = 16 * 1024 * 1024;

/** How many of these timers may be on their way at the same time: fewer where one of them is large. */
export function createWindow(timers: readonly NewTimer[]): number {
  const largest = timers.reduce((most, timer) => Math.max(most, payloadChars(timer)), 1);
  return Math.max(1, Math.min(createsInFlightMax, Math.floor(payloadCharsInFlightMax / largest)));
}

const payloadChars = ({ data, summaryData, spawn }: NewTimer): number =>
  (data?.length ?? 0) + (summaryData?.length ?? 0) + (spawn?.timer?.data?.length ?? 0);
