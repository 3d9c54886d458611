import { sleep } from './sleep.js';

const triesMaxDefault = 8;
const againMs = 100;

const notYetKnownTypes = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);

/** kafkajs gives up waiting for leaders at the first answer that a topic is unknown. */
export const isNotYetKnown = (error: unknown): boolean =>
  notYetKnownTypes.has((error as { type?: string } | null)?.type ?? '');

/** What was made this moment, by us or by others, is not known to every broker at once. */
export async function untilKnown<T>(
  ask: () => Promise<T>,
  { isTooEarly = isNotYetKnown, triesMax = triesMaxDefault } = {},
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === triesMax || !isTooEarly(error)) throw error;
      await sleep(againMs * tries);
    }
  }
}
