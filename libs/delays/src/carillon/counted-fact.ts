import { eventTypePrefix } from '#contract';
import type { TimerEventType } from '#timer';
import type { CountedFact } from '../log-counts.js';
import type { FollowedRecord } from './feed-follower.js';
import { fieldsOf, readJson } from './read-json.js';
import { errorOfResult } from './result-text.js';

const bodyOf = ({ value }: FollowedRecord) => fieldsOf(readJson(value?.toString('utf8')));
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
/** In JSON only a key looks like this: the quotes of a text are escaped. */
const isLast = ({ value }: FollowedRecord): boolean => value?.includes('"ended":') === true;

/**
 * What the counters need of a record of the change feed. Every process with a queue reads all of them, so bodies are parsed only
 * where they may matter.
 */
export function countedFact(record: FollowedRecord): CountedFact | null {
  const type = record.headers.ce_type?.toString('latin1').slice(eventTypePrefix.length) as TimerEventType;
  switch (type) {
    case 'TimerCreated':
      return { type };
    case 'EventGivenUp':
      return { type, isLast: isLast(record) };
    case 'EventTriggered': {
      const { startedAt, scheduledFor } = bodyOf(record);
      return { type, lateMs: Date.parse(String(startedAt)) - Date.parse(String(scheduledFor)) };
    }
    case 'EventRedelivered':
    case 'TimerEnded':
      return { type, reason: text(bodyOf(record).reason) ?? '' };
    case 'EventRetryScheduled':
    case 'EventCancelled':
      return { type, error: text(bodyOf(record).error) };
    case 'EventClosed':
      return { type, isLast: isLast(record), error: closeError(record) };
    default:
      return null;
  }
}

function closeError(record: FollowedRecord): string | null {
  // most leave no result
  if (record.value?.includes('"result":') !== true) return null;
  return errorOfResult(fieldsOf(bodyOf(record).result).text);
}
