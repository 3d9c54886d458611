import { type DueEvent, type HookContext, type HookOutcome, RetryLater } from '#hooks';
import { DelayedEvent } from '../event.js';
import type { RunEvent } from '../ports.js';
import { resultText } from './result-text.js';
import { typeOf } from './settings.js';

/**
 * Runs a due event as an event of the queue. What was delivered before is reported as begun first: a trigger that takes its process
 * with it is heard of before that, and its attempts are used up. The first delivery does without, since nearly every event has no other.
 */
export async function handleDue(
  namespace: string,
  due: DueEvent,
  context: HookContext,
  run: RunEvent,
): Promise<HookOutcome> {
  if (due.attempt > 1) await context.heartbeat();
  const verdict = await run(eventOf(namespace, due), context);
  if (verdict.kind === 'retry') {
    const { at, data, error } = verdict;
    throw new RetryLater(at === null ? {} : { at: new Date(at).toISOString() }, data?.text, {
      error,
      ...(data?.encoding !== undefined && { dataEncoding: data.encoding }),
    });
  }
  const result = resultText(verdict);
  return result === null ? {} : { result };
}

function eventOf(namespace: string, due: DueEvent): DelayedEvent {
  const { eventId, attempt, timer, scheduledFor, eventData, eventDataEncoding } = due;
  const [text, encoding] =
    eventData === undefined ? [timer.data, timer.dataEncoding] : [eventData, eventDataEncoding];
  return new DelayedEvent({
    id: timer.key,
    type: typeOf(namespace, timer.hookClass),
    triggerTime: new Date(scheduledFor),
    attempt,
    eventId,
    payload: text === undefined ? null : { text, ...(encoding !== undefined && { encoding }) },
  });
}
